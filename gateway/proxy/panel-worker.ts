/** Draws panels of hold screens in a thread of its own. */
import { parentPort } from "node:worker_threads";
import type { PanelRequest } from "./panel-painter.ts";
import { drawPanel, drawPanelField, type Panel } from "./panel.ts";

parentPort?.on("message", ({ id, request }: { id: number; request: PanelRequest }) => {
  const { part, notice, prompt, width, height } = request;
  const drawn =
    part === "field" && prompt !== null
      ? drawPanelField(notice, prompt, width, height)
      : drawPanel(notice, prompt, width, height);
  // Of its own memory, so that it is handed over and not copied.
  const image = Uint8Array.from(drawn.image);
  const panel: Panel = { ...drawn, image };
  parentPort?.postMessage({ id, panel }, [image.buffer]);
});
