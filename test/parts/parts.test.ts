import t from "tap";
import { once } from "node:events";
import { connect } from "node:net";
import { findMirror } from "../../demo/apt-sources.ts";
import { startChromium } from "./chromium.ts";
import { startDesktop } from "./desktop.ts";
import { startGuacd } from "./guacd.ts";

t.test("X's events are told with key, button and place", async (t) => {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  await desktop.run("usr/bin/xdotool", ["mousemove", "40", "50", "click", "1", "type", "aB"]);
  await desktop.settled(0);
  t.equal(desktop.typed(), "aB");
  t.match(await desktop.received((event) => event.kind === "button"), { button: 1, pressed: true, x: 40, y: 50 });
});

t.test("a key whose release comes late is typed once", async (t) => {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  await desktop.run("usr/bin/xdotool", ["keydown", "a", "sleep", "0.9", "keyup", "a"]);
  await desktop.settled(0);
  t.equal(desktop.typed(), "a");
});

t.test("guacd answers, and comes back on the same port", async (t) => {
  const guacd = await startGuacd();
  await guacd.stop();
  const again = await startGuacd(guacd.port);
  t.teardown(() => again.stop());
  t.equal(again.port, guacd.port);
  const socket = connect(again.port, "127.0.0.1");
  socket.write("6.select,3.vnc;");
  const [answer] = (await once(socket, "data")) as [Buffer];
  t.match(answer.toString(), /^4\.args,/);
  socket.destroy();
});

t.test("the browser runs from its private folder", async (t) => {
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page();
  await page.setContent("<input>");
  await page.locator("input").pressSequentially("hello");
  t.equal(await page.locator("input").inputValue(), "hello");
  t.same(chromium.errors, []);
});

t.test("a mirror is found in one-line and in deb822 sources", (t) => {
  const oneLine = t.testdir({
    "sources.list": "# deb http://old.test/debian a main\ndeb [arch=amd64] http://a.test/ubuntu/ noble main universe\n",
  });
  t.same(findMirror(oneLine, ""), { family: "ubuntu", uri: "http://a.test/ubuntu/" });
  const deb822 = t.testdir({
    "sources.list.d": {
      "other.sources": "Types: deb\nURIs: https://tool.test/apt\nSuites: x\nComponents: tool\n",
      "debian.sources":
        "Types: deb\n# a note\nURIs: http://b.test/debian-security\nSuites: x\nComponents: main\n\n" +
        "Types: deb deb-src\nURIs: http://b.test/debian\nSuites: x\nComponents: main\n",
    },
  });
  t.same(findMirror(deb822, ""), { family: "debian", uri: "http://b.test/debian" });
  t.equal(findMirror(t.testdir({}), "ID=debian"), null);
  t.end();
});
