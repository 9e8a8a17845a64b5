/**
 * A viewer without a screen that is on a real desktop. Of connections that began at once, guacd 1.3 left 7 in 200
 * without a picture, with no gateway in between (250 in a row all had one), and ends a few: who has none opens again.
 */
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
