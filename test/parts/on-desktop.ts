/**
 * A viewer, or an agent's page, that is on a real desktop. Of connections that began at once, guacd 1.3 left 7 in 200
 * without a picture, with no gateway in between (250 in a row all had one), and ends a few: who has none opens again.
 */
import { errors, type Page } from "playwright-core";
import type { ViewerClient } from "../../gateway/offline/viewer-client.ts";

/** The close's code where it was the gateway that ended it, by what it decided. */
const refused = 1008;

/**
 * Passes once the first picture has come.
 * @param open opens a session, anew each time: a token that opens one session is spent
 * @param patience a picture that has not come after so many ms does not come
 * @throws Error where the gateway refuses, or no try has a picture
 */
export async function onDesktop(open: () => Promise<ViewerClient>, patience = 8000, tries = 3): Promise<ViewerClient> {
  const viewer = await open();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no picture")), patience);
  try {
    await Promise.race([viewer.first("sync"), late]);
    return viewer;
  } catch (error) {
    const { closeCode } = await viewer.close();
    if (tries === 1 || closeCode === refused) throw error;
  } finally {
    clearTimeout(timer);
  }
  return onDesktop(open, patience, tries - 1);
}

/**
 * Passes once the agent's page has its first picture.
 * @param address of the page with a link, anew each time
 * @throws Error where no try has a picture
 */
export async function showDesktop(page: Page, address: () => string | Promise<string>, tries = 3): Promise<void> {
  // of two addresses that differ in what stands behind `#`, the second would open no page
  await page.goto("about:blank");
  await page.goto(await address());
  try {
    await page.waitForSelector("[data-state=connected]", { timeout: 10_000 });
  } catch (error) {
    if (!(error instanceof errors.TimeoutError) || tries === 1) throw error;
    await showDesktop(page, address, tries - 1);
  }
}
