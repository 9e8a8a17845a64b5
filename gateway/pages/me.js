/** The agent's own page: `/me#token=...`, with a fresh token of the farm. */
const place = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");
// A token must not stay in the history.
history.replaceState(null, "", location.pathname);

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
    row(
      "Learned from",
      `${learned.keystrokes} keystrokes and ${learned.actions} pointer actions on ${learned.days} days`,
    );
    const { keystrokes, actions, days } = missing.mature;
    if (maturity !== "mature")
      row("Still needed", `${keystrokes} keystrokes, ${actions} pointer actions, ${days} days`);
  }
  row("Sessions", `${sessions} on record`);
  row("Locked", locked ? "yes: you cannot connect now" : "no");
  const items = [...kept, `Scores of stretches are deleted after ${scoreDays} days.`];
  for (const text of items) place("kept").append(Object.assign(document.createElement("li"), { textContent: text }));
  place("ask").textContent = ask === "" ? "Your security team." : ask;
  place("state").hidden = true;
  place("facts").hidden = false;
}

const response = await fetch("/me.json", { headers: { authorization: `Bearer ${token ?? ""}` } });
const answer = await response.json();
if (response.ok) show(answer);
else place("state").textContent = `${answer.message}. Please ${answer.action}.`;
