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
    element("label", { textContent: `${label}: ${have} of ${needed}` }),
    element("progress", { max: needed, value: shown, ariaLabel: label }),
  ];
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
  const text = await answer.text();
  if (text === shown) return;
  shown = text;
  const state = JSON.parse(text);
  by("agents").replaceChildren(...state.agents.map(card));
  const none = element("li", { className: "quiet", textContent: "None yet: nobody gave a reason." });
  by("decisions").replaceChildren(...(state.decisions.length === 0 ? [none] : state.decisions.map(line)));
  by("metrics").href = `${state.metricsUrl}/metrics`;
}

for (;;) {
  await refresh().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
