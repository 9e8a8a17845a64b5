import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import * as say from "./instructions.ts";
import { coverOverlay, disposeOverlay, overlayImage, overlayLayer, overlayStream } from "./overlay.ts";
import { ServerScanner } from "./server-scanner.ts";

t.test("lengths count code points", (t) => {
  t.equal(say.instruction("name", "a", "ß", "漢", "😀"), "4.name,1.a,1.ß,1.漢,1.😀;");
  t.equal(say.instruction(""), "0.;");
  t.equal(say.instruction("", ""), "0.,0.;");
  t.equal(say.instruction("x", -5), "1.x,2.-5;");
  t.end();
});

t.test("what the gateway says itself", (t) => {
  const uuid = "01234567-89ab-cdef-0123-456789abcdef";
  t.equal(say.tunnelId(uuid), `0.,36.${uuid};`);
  t.equal(say.pingAnswer(1700000000000), "0.,4.ping,13.1700000000000;");
  t.equal(say.disconnect, "10.disconnect;");
  t.equal(say.nop, "3.nop;");
  t.equal(say.sync(-1), "4.sync,2.-1,1.0;");
  t.equal(say.syncAnswer(12), "4.sync,2.12;");
  t.equal(say.keyRelease(65505), "3.key,5.65505,1.0;");
  t.equal(say.mouseRelease(3, 4), "5.mouse,1.3,1.4,1.0;");
  t.equal(say.size(800, 600), "4.size,3.800,3.600;");
  const error = new SamehandError("agent-locked", "a detail that the viewer is not told");
  t.match(say.errorInstruction(error), /^5\.error,\d+\.the agent is locked,3\.771;$/);
  t.end();
});

t.test("the hold screen is drawn on its own layer, in blobs that every client takes", (t) => {
  const png = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i & 255));
  const text = coverOverlay(1024, 768) + overlayImage({ image: png, type: "image/png", x: 10, y: 20 });
  const layer = String(overlayLayer);
  t.ok(text.startsWith(`4.size,10.${layer},4.1024,3.768;4.move,10.${layer},1.0,1.0,1.0,7.1000000;`));
  t.ok(text.includes(`5.cfill,2.12,10.${layer},2.20,2.24,2.40,3.255;`));
  t.ok(
    text.includes(`3.img,7.${overlayStream},2.14,10.${layer},9.image/png,2.10,2.20;4.blob,7.${overlayStream},8064.`),
  );
  t.ok(text.endsWith(`3.end,7.${overlayStream};`));
  const blobs = [...text.matchAll(/4\.blob,7\.1000000,\d+\.([A-Za-z0-9+/=]+);/g)].map((match) => match[1]);
  t.ok(blobs.every((blob) => blob.length <= 8064));
  t.same(Buffer.from(blobs.join(""), "base64"), png);
  const bytes = Buffer.from(text + disposeOverlay + say.sync(-2));
  const scanner = new ServerScanner();
  t.equal(scanner.scan(bytes, 0, bytes.length), bytes.length);
  t.equal(scanner.sizes, 0, "no size of layer 0");
  t.equal(disposeOverlay, `7.dispose,10.${layer};`);
  t.end();
});
