/**
 * The stand-in's page: what the gateway sees of Guacamole's own page, with Guacamole's own client library. It signs in
 * by `api/tokens`, keeps the token where the stock page does and posts it at each navigation, opens the tunnel with the
 * stock request line (WebSocket, then HTTP), and shows what ended it with the same choices, by the same class names.
 */
import Guacamole from "./guacamole.js";

const storageKey = "GUAC_AUTH_TOKEN";
/** Seconds until the page tries again by itself, after what may pass. */
const retrySeconds = 15;
const passing = new Set([0x0200, 0x0202, 0x0203, 0x0207, 0x0208, 0x0301, 0x0308]);
const words = new Map([
  [0x0202, "The Guacamole server is taking too long to respond."],
  [0x0204, "The requested connection does not exist."],
  [0x0205, "This connection is currently in use, and concurrent access is not allowed."],
  [0x020b, "The Guacamole server has forcibly closed the connection."],
  [0x0301, "You do not have permission to access this connection because you are not logged in."],
  [0x0303, "The Guacamole server has denied access to this connection."],
]);

const find = (selector) => document.querySelector(selector);
const show = (selector, shown) => (find(selector).hidden = !shown);

/** What `api/tokens` answered last. */
let session = null;
/** The one desktop that is open. */
let open = null;
let countdown = 0;

const tokenHeader = (token) => ({ "Guacamole-Token": token });
const keptToken = () => JSON.parse(localStorage.getItem(storageKey) ?? "null");

/** @returns the answer, or null where nobody is signed in by it */
async function authenticate(parameters) {
  const old = session?.authToken ?? keptToken();
  const body = new URLSearchParams({ ...parameters, href: location.href });
  const response = await fetch("api/tokens", { method: "POST", body });
  if (!response.ok) {
    session = null;
    localStorage.removeItem(storageKey);
    return null;
  }
  session = await response.json();
  if (old !== null && old !== session.authToken) fetch("api/session", { method: "DELETE", headers: tokenHeader(old) });
  if (session.username !== "") localStorage.setItem(storageKey, JSON.stringify(session.authToken));
  return session;
}

/** At each navigation: the token is posted again, and the view follows the address. */
async function navigate() {
  const key = new URLSearchParams(location.hash.split("?")[1] ?? "").get("key");
  const token = session?.authToken ?? keptToken();
  const known = await authenticate({ ...(token === null ? {} : { token }), ...(key === null ? {} : { key }) });
  show(".login-ui", known === null);
  const [, view, identifier] = location.hash.split("?")[0].split("/");
  show(".settings", known !== null && view === "settings");
  show(".client-view", known !== null && view === "client");
  if (known === null) return close();
  if (view === "client") return connect(identifier);
  if (view !== "settings") await goHome();
}

/** Whoever has one connection is taken to it. */
async function goHome() {
  const { authToken, dataSource } = session;
  const tree = await fetch(`api/session/data/${dataSource}/connectionGroups/ROOT/tree`, {
    headers: tokenHeader(authToken),
  });
  const [{ identifier }] = (await tree.json()).childConnections;
  location.hash = `#/client/${btoa([identifier, "c", dataSource].join("\0"))}`;
}

function connectString(identifier) {
  const [id, type, dataSource] = atob(identifier).split("\0");
  const density = devicePixelRatio;
  const asked = new URLSearchParams({
    token: session.authToken,
    GUAC_DATA_SOURCE: dataSource,
    GUAC_ID: id,
    GUAC_TYPE: type,
    GUAC_WIDTH: Math.floor(innerWidth * density),
    GUAC_HEIGHT: Math.floor(innerHeight * density),
    GUAC_DPI: Math.floor(96 * density),
    GUAC_TIMEZONE: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  for (const type of ["audio/L8", "audio/L16"]) asked.append("GUAC_AUDIO", type);
  for (const type of ["image/jpeg", "image/png", "image/webp"]) asked.append("GUAC_IMAGE", type);
  return asked.toString();
}

function connect(identifier) {
  if (open?.identifier === identifier) return;
  close();
  const tunnel = new Guacamole.ChainedTunnel(
    new Guacamole.WebSocketTunnel("websocket-tunnel"),
    new Guacamole.HTTPTunnel("tunnel"),
  );
  const client = new Guacamole.Client(tunnel);
  const mine = (open = { identifier, tunnel, client, state: 0 });
  const own = (act) => (given) => void (open === mine && act(given));
  client.onstatechange = own((state) => {
    mine.state = state;
    if (state === 3) notify(null);
    if (state === 5 && !mine.failed) notify({ title: "Disconnected", text: "You have been disconnected." });
  });
  client.onerror = own((status) => failed(mine, status));
  tunnel.onerror = own((status) => failed(mine, status));
  tunnel.onstatechange = own((state) => show("#connection-warning", state === Guacamole.Tunnel.State.UNSTABLE));
  const display = client.getDisplay();
  const element = display.getElement();
  find(".display").replaceChildren(element);
  const mouse = new Guacamole.Mouse(element);
  mouse.onmousedown = mouse.onmouseup = mouse.onmousemove = (state) => client.sendMouseState(state);
  display.oncursor = (picture, x, y) => display.showCursor(!mouse.setCursor(picture, x, y));
  client.connect(connectString(identifier));
}

function close() {
  const { client } = open ?? {};
  open = null;
  client?.disconnect();
}

function failed(desktop, { code }) {
  desktop.failed = true;
  const text = words.get(code) ?? "An internal error has occurred within the Guacamole server.";
  notify({ title: "Connection Error", text, retry: passing.has(code) });
}

function notify(status) {
  clearInterval(countdown);
  show(".client-status-modal", status !== null);
  find(".countdown-text").textContent = "";
  if (status === null) return;
  find(".notification .title").textContent = status.title;
  find(".notification .text").textContent = status.text;
  if (status.retry !== true) return;
  let left = retrySeconds;
  countdown = setInterval(() => {
    find(".countdown-text").textContent = `Reconnecting in ${left} seconds...`;
    if (left-- === 0) reconnect();
  }, 1000);
}

function reconnect() {
  const { identifier } = open;
  notify(null);
  open = null;
  connect(identifier);
}

async function logOut() {
  const { authToken } = session;
  close();
  notify(null);
  localStorage.removeItem(storageKey);
  session = null;
  await fetch("api/session", { method: "DELETE", headers: tokenHeader(authToken) });
  location.hash = "";
  show(".client-view", false);
  show(".login-ui", true);
}

async function share() {
  const { uuid } = open.tunnel;
  const at = `api/session/tunnels/${uuid}/activeConnection/sharingCredentials/1`;
  const response = await fetch(at, { headers: tokenHeader(session.authToken) });
  const { values } = await response.json();
  const link = document.createElement("a");
  link.href = `${location.pathname}#/?key=${values.key}`;
  link.textContent = link.href;
  find("#share-links").replaceChildren(link);
}

const keyboard = new Guacamole.Keyboard(document);
const typing = () => open?.state === 3 && !find(".client-view").hidden && find("#guac-menu").hidden;
const menuKeys = [0xffe3, 0xffe9, 0xffe1];
keyboard.onkeydown = (keysym) => {
  if (menuKeys.every((key) => keyboard.pressed[key])) {
    show("#guac-menu", find("#guac-menu").hidden);
    keyboard.reset();
    return false;
  }
  if (!typing()) return true;
  open.client.sendKeyEvent(1, keysym);
  return false;
};
keyboard.onkeyup = (keysym) => void (typing() && open.client.sendKeyEvent(0, keysym));

find(".login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [username, password] = document.querySelectorAll(".login-fields input");
  const known = await authenticate({ username: username.value, password: password.value });
  find(".login-error").textContent = known === null ? "Invalid Login" : "";
  if (known === null) return;
  password.value = "";
  await navigate();
});
find("button.reconnect").addEventListener("click", reconnect);
find("button.logout").addEventListener("click", logOut);
find("button.home").addEventListener("click", () => {
  close();
  notify(null);
  location.hash = "#/";
});
find(".share-menu a").addEventListener("click", (event) => {
  event.preventDefault();
  void share();
});
addEventListener("hashchange", () => void navigate());
void navigate();
