/**
 * The agent's page: opens the desktop that the link's token names, and says in words what ends it. It never
 * reconnects by itself. The token stands in the address after `#`, which no server or log sees:
 * `#token=TOKEN`, and with it `&renew=ADDRESS`, on the same host, where a fresh link is to be had.
 */
import Guacamole from "./guacamole.js";
import { endingOf, noLink, usedLink } from "./endings.js";

const by = (id) => document.getElementById(id);
const stage = by("stage");
const hint = by("hint");

/** What the address carries. A renewal elsewhere than on this host would send people anywhere. */
function readLink() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const token = parameters.get("token") ?? "";
  const wanted = parameters.get("renew") ?? "";
  if (!URL.canParse(wanted)) return { token, renew: "" };
  const renew = new URL(wanted);
  const safe = /^https?:$/.test(renew.protocol) && renew.hostname === location.hostname;
  return { token, renew: safe ? renew.href : "" };
}

function show(state, words) {
  document.body.dataset.state = state;
  hint.textContent = words;
}

function end(ending, code, renew) {
  if (document.body.dataset.state === "ended") return;
  show("ended", ending.title);
  by("title").textContent = ending.title;
  by("text").textContent = ending.text;
  by("advice").textContent = ending.advice;
  by("code").textContent = code === 0 ? "" : `Status ${code}`;
  const again = by("again");
  if (renew !== "") again.href = renew;
  again.hidden = renew === "" || !ending.again;
  by("card").hidden = false;
  if (!again.hidden) again.focus();
}

/** Fits the desktop into the window, never larger than it is. */
function fit(display) {
  const width = display.getWidth();
  const height = display.getHeight();
  if (width > 0 && height > 0) display.scale(Math.min(1, innerWidth / width, innerHeight / height));
}

function listenToPointer(client, display, element) {
  const mouse = new Guacamole.Mouse(element);
  const touch = new Guacamole.Mouse.Touchscreen(element);
  const send = (event) => client.sendMouseState(event.state, true);
  mouse.onEach(["mousedown", "mouseup", "mousemove"], (event) => {
    element.focus({ preventScroll: true });
    send(event);
  });
  mouse.on("mouseout", () => display.showCursor(false));
  touch.onEach(["mousedown", "mouseup", "mousemove"], send);
  // the browser draws the desktop's cursor where it can: no lag
  display.oncursor = (canvas, x, y) => display.showCursor(!mouse.setCursor(canvas, x, y));
}

function listenToKeyboard(client) {
  const keyboard = new Guacamole.Keyboard(document);
  // what is typed into a dialog of this page is no input of the desktop's; true: the browser takes the key
  keyboard.onkeydown = (keysym) => (by("ask").open ? true : client.sendKeyEvent(1, keysym));
  keyboard.onkeyup = (keysym) => (by("ask").open ? undefined : client.sendKeyEvent(0, keysym));
  addEventListener("blur", () => keyboard.reset());
  // not null: the library calls the release of a key that is still down
  return () => {
    keyboard.onkeydown = () => true;
    keyboard.onkeyup = () => {};
  };
}

/** A held session may be asked for a code in a dialog too, which a screen reader can read and a phone can fill in. */
function listenToQuestions(client) {
  const [dialog, field] = [by("ask"), by("answer")];
  let name = "";
  client.onrequired = (parameters) => {
    [name = ""] = parameters;
    field.value = "";
    if (!dialog.open) dialog.showModal();
    field.focus();
  };
  // only what was confirmed is an answer: who leaves the dialog, or whose session ends meanwhile, has given none
  dialog.addEventListener("submit", () => {
    if (field.value === "" || name === "") return;
    const writer = new Guacamole.StringWriter(client.createArgumentValueStream("text/plain", name));
    writer.sendText(field.value);
    writer.sendEnd();
  });
  dialog.addEventListener("close", () => {
    field.value = "";
    stage.firstElementChild?.focus({ preventScroll: true });
  });
}

function connectionString(token) {
  const parameters = new URLSearchParams({
    token,
    GUAC_WIDTH: String(Math.round(innerWidth)),
    GUAC_HEIGHT: String(Math.round(innerHeight)),
    GUAC_DPI: String(Math.round(96 * devicePixelRatio)),
    GUAC_TIMEZONE: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "",
  });
  for (const type of Guacamole.RawAudioPlayer.getSupportedTypes()) parameters.append("GUAC_AUDIO", type);
  for (const type of ["image/png", "image/jpeg", "image/webp"]) parameters.append("GUAC_IMAGE", type);
  return parameters.toString();
}

function open({ token, renew }) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const tunnel = new Guacamole.WebSocketTunnel(`${scheme}//${location.host}/websocket-tunnel`);
  const client = new Guacamole.Client(tunnel);
  const display = client.getDisplay();
  const element = display.getElement();
  element.tabIndex = 0;
  stage.append(element);
  display.onresize = () => fit(display);
  addEventListener("resize", () => fit(display));
  addEventListener("contextmenu", (event) => event.preventDefault());
  listenToPointer(client, display, element);
  const deafen = listenToKeyboard(client);
  listenToQuestions(client);
  // the error instruction comes first and says most; what follows it is only the close
  const fail = (status) => {
    deafen();
    by("ask").close();
    end(endingOf(status.code, status.message ?? ""), status.code, renew);
  };
  client.onerror = fail;
  tunnel.onerror = fail;
  const connected = Guacamole.Client.State.CONNECTED;
  const gone = Guacamole.Client.State.DISCONNECTED;
  client.onstatechange = (state) => {
    if (state === connected) show("connected", "Connected");
    if (state === gone) fail(new Guacamole.Status(0));
  };
  tunnel.onstatechange = (state) => {
    if (document.body.dataset.state === "ended") return;
    if (state === Guacamole.Tunnel.State.UNSTABLE) show("unstable", "The connection is slow; waiting for the gateway");
    if (state === Guacamole.Tunnel.State.OPEN && document.body.dataset.state === "unstable")
      show("connected", "Connected");
  };
  addEventListener("pagehide", () => client.disconnect());
  sessionStorage.setItem("used", token);
  client.connect(connectionString(token));
}

const link = readLink();
if (link.token === "") end(noLink, 0, "");
else if (sessionStorage.getItem("used") !== link.token) open(link);
else if (link.renew === "") end(usedLink, 0, "");
else location.replace(link.renew);
addEventListener("hashchange", () => location.reload());
