import t from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { startDesktop } from "./desktop.ts";
import { startGuacd } from "./guacd.ts";
import { onDesktop } from "./on-desktop.ts";
import { WebApplication, signIn, tunnelUrl } from "./web-application.ts";

t.test("Guacamole's own tunnel classes show the desktop to whoever signed in", async (t) => {
  const desktop = await startDesktop();
  t.teardown(() => desktop.stop());
  const guacd = await startGuacd();
  t.teardown(() => guacd.stop());
  const pages = t.testdir({ "index.html": "<p>a page</p>" });
  const application = await WebApplication.start({ guacdPort: guacd.port, desktop: desktop.settings, pages }).catch(
    (error: unknown) => {
      if (error instanceof PartsUnavailable) return error;
      throw error;
    },
  );
  if (application instanceof PartsUnavailable) {
    t.comment(application.message);
    t.pass("no JDK or Maven here: skipped");
    return;
  }
  t.teardown(() => application.stop());
  const url = `${application.origin}/guacamole`;
  t.match(await (await fetch(`${url}/`)).text(), /a page/);
  t.equal((await signIn(url, { username: "anna", password: "wrong" })).token, "");
  const { token } = await signIn(url, { username: "anna", password: WebApplication.password });
  const viewer = await onDesktop(() => ViewerClient.open(tunnelUrl(url, token)));
  t.pass("the desktop's first picture came");
  await viewer.close();
});
