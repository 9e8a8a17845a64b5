/** Shows the agents and the newest decisions, asked for every second. */
const by = (id) => document.getElementById(id);
const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const words = {
  enrolling: "enrolling: only learned from",
  provisional: "provisional: may raise an alert",
  mature: "enrolled: the gateway acts",
};

function bar(label, have, needed) {
  const shown = Math.min(have, needed);
  return [
    element("label", {
      textContent: have < needed ? `${label}: ${have} of ${needed}` : `${label}: ${have} (${needed} were needed)`,
    }),
    element("progress", { max: needed, value: shown, ariaLabel: label }),
  ];
}

/** The agent's authenticator app: the code it shows now, and how to have it on a phone. */
function authenticator({ name }) {
  return [
    element("p", { className: "code" }, element("output", { id: `code-${name}` })),
    element(
      "details",
      { id: `qr-${name}`, open: by(`qr-${name}`)?.open ?? false },
      element("summary", { textContent: "On a phone instead" }),
      element("img", {
        src: `/authenticator/${name}.svg`,
        alt: `QR code of ${name}'s one-time codes, for an authenticator app`,
        width: 180,
        height: 180,
      }),
    ),
  ];
}

/** Changes each second, and nothing else with it: a link that is being clicked must stay where it is. */
function showCode({ name, code }) {
  const digits = code === null ? "none" : `${code.code.slice(0, 3)} ${code.code.slice(3)}, for ${code.seconds} s`;
  by(`code-${name}`).textContent = `One-time code: ${digits}`;
}

function card(agent) {
  const locked = agent.lockedSeconds > 0;
  const state = locked ? `locked for ${agent.lockedSeconds} s` : (words[agent.maturity] ?? agent.maturity);
  const name = agent.name[0].toUpperCase() + agent.name.slice(1);
  return element(
    "article",
    {},
    element("h2", {}, name, element("span", { className: locked ? "state locked" : "state", textContent: state })),
    ...bar("Keystrokes learned", agent.keystrokes, agent.needed.keystrokes),
    ...bar("Mouse actions learned", agent.actions, agent.needed.actions),
    ...authenticator(agent),
    element("a", {
      className: "open",
      href: `/open/${agent.name}`,
      target: "_blank",
      textContent: `Open ${name}'s desktop`,
    }),
  );
}

function line({ at, agent, text }) {
  return element("li", {}, element("time", { textContent: new Date(at).toLocaleTimeString() }), `${agent}: ${text}`);
}

let shown = "";
async function refresh() {
  const answer = await fetch("/state.json");
  const state = await answer.json();
  const standing = JSON.stringify(state, (key, value) => (key === "code" ? undefined : value));
  if (standing !== shown) show(state);
  shown = standing;
  state.agents.forEach(showCode);
}

function show(state) {
  by("agents").replaceChildren(...state.agents.map(card));
  const none = element("li", { className: "quiet", textContent: "None yet." });
  by("decisions").replaceChildren(...(state.decisions.length === 0 ? [none] : state.decisions.map(line)));
  by("metrics").href = `${state.metricsUrl}/metrics`;
}

for (;;) {
  await refresh().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
