/**
 * Why a session ended, in words for the agent. Codes: the Guacamole protocol reference, status codes.
 * @typedef {{ title: string, text: string, advice: string, again: boolean }} Ending
 */

/** @type {Record<number, Ending>} */
const endings = {
  0x0000: {
    title: "You are disconnected",
    text: "The desktop was closed.",
    advice: "",
    again: true,
  },
  0x0201: {
    title: "The gateway is closing",
    text: "It is being restarted, or is too busy.",
    advice: "Connect again in a minute.",
    again: true,
  },
  0x0202: {
    title: "The desktop does not answer",
    text: "Nothing was heard from it for too long.",
    advice: "Check your network, then try again.",
    again: true,
  },
  0x0203: {
    title: "The desktop closed the connection",
    text: "It may have been shut down or restarted.",
    advice: "Try again in a moment; if that fails, tell your support desk.",
    again: true,
  },
  0x0207: {
    title: "The desktop cannot be reached",
    text: "The gateway is there, but what stands behind it is not.",
    advice: "Try again in a moment; if that fails, tell your support desk.",
    again: true,
  },
  0x0209: {
    title: "The session was taken over",
    text: "Somebody connected to the same desktop.",
    advice: "If that was not you, tell your security team.",
    again: false,
  },
  0x020a: {
    title: "You were away for a while",
    text: "Nobody was at this session for too long, so it was closed. What was open on the desktop is still there.",
    advice: "Open the desktop again from where you started.",
    again: true,
  },
  0x020b: {
    title: "This session was ended",
    text: "The session was ended and cannot go on.",
    advice:
      "Talk to your security team before you connect again: until they have cleared it, your access may be locked.",
    again: false,
  },
  0x0300: {
    title: "The gateway did not understand",
    text: "Something between this page and the gateway changed what was sent.",
    advice: "Reload the page; if that fails, tell your support desk.",
    again: true,
  },
  0x0303: {
    title: "You cannot connect with this link",
    text: "The link was used before, has expired, or access is locked.",
    advice: "Open the desktop from where you started; if it is locked, talk to your security team.",
    again: true,
  },
  0x0308: {
    title: "The connection was lost",
    text: "Nothing was heard from this page for too long.",
    advice: "Check your network, then try again.",
    again: true,
  },
  0x031d: {
    title: "Too many sessions",
    text: "The gateway has as many sessions or as much traffic from here as it may have.",
    advice: "Close one, or wait a minute.",
    again: true,
  },
};

/** @type {Ending} */
const unknown = {
  title: "The connection ended",
  text: "The gateway could not go on.",
  advice: "Try again; if that fails, tell your support desk.",
  again: true,
};

/** @type {Ending} */
export const noLink = {
  title: "This page needs a link",
  text: "A desktop is opened from a link that carries your access; this address has none.",
  advice: "Open the desktop from where you work, such as your portal.",
  again: false,
};

/** @type {Ending} */
export const usedLink = {
  title: "This link was used",
  text: "Each link opens the desktop once.",
  advice: "Open the desktop from where you started.",
  again: true,
};

/**
 * What to say of a status. The gateway's own sentence, where there is one, is better than ours.
 * @param {number} code
 * @param {string} message free text of the `error` instruction; a bare number where there was none
 * @returns {Ending}
 */
export function endingOf(code, message) {
  const ending = endings[code] ?? unknown;
  if (message === "" || /^\d+$/.test(message) || code === 0) return ending;
  const sentence = `${message[0]?.toUpperCase()}${message.slice(1, 300)}${/[.!?]$/.test(message) ? "" : "."}`;
  return { ...ending, text: sentence };
}
