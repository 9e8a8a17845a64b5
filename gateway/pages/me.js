/** The agent's own page: `/me#token=...`, with a fresh token of the farm. */
const place = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
// A token must not stay in the history; another link that is opened in this tab is this page again.
history.replaceState(null, "", location.pathname);
addEventListener("hashchange", () => location.reload());

const counted = (n, thing) => `${n.toLocaleString()} ${thing}${n === 1 ? "" : "s"}`;
const amount = ({ keystrokes, actions, days }) =>
  `${counted(keystrokes, "keystroke")}, ${counted(actions, "pointer action")}, ${counted(days, "day")}`;

const maturities = {
  enrolling: "still learning: nothing is decided from how you type",
  provisional: "known a little: a mismatch is only reported",
  mature: "known: your session may be held where the input is not yours",
};

function row(term, text) {
  const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
  dt.textContent = term;
  dd.textContent = text;
  place("enrolment").append(dt, dd);
}

function show({ name, enrolment, locked, kept, scoreDays, sessions, ask }) {
  place("name").textContent = name;
  if (enrolment === null) row("State", "you have not worked here yet");
  else {
    const { maturity, learned, missing } = enrolment;
    row("State", maturities[maturity]);
    row("Learned from", amount(learned));
    if (maturity !== "mature") row("Still needed", amount(missing.mature));
  }
  row("Sessions", `${sessions} on record`);
  row("Locked", locked ? "yes: you cannot connect now" : "no");
  const items = [...kept, `Scores of stretches are deleted after ${counted(scoreDays, "day")}.`];
  for (const text of items) place("kept").append(Object.assign(document.createElement("li"), { textContent: text }));
  place("ask").textContent = ask === "" ? "Your security team." : ask;
  place("state").hidden = true;
  place("facts").hidden = false;
}

try {
  const response = await fetch("/me.json", { headers: { authorization: `Bearer ${token ?? ""}` } });
  const answer = await response.json();
  if (response.ok) show(answer);
  else place("state").textContent = `${answer.message}. Please ${answer.action}.`;
} catch {
  // The token may be spent by now.
  place("state").textContent = "The gateway cannot be reached. Check your network, then open this page by a new link.";
}
