/**
 * What X itself shows: the root window's pixels, read from the X server's VNC side without compression (RFB 3.8,
 * RFC 6143: encoding Raw), and what of it a browser shows otherwise.
 */
import { type Socket, connect } from "node:net";
import { createCanvas, loadImage } from "@napi-rs/canvas";

const [redByte, greenByte, blueByte] = [0, 8, 16];
/** 32 bits a pixel, 24 of them colour, little endian, true colour: red, green, blue, nothing. */
const pixelFormat = Buffer.from([
  0,
  0,
  0,
  0,
  32,
  24,
  0,
  1,
  0,
  255,
  0,
  255,
  0,
  255,
  redByte,
  greenByte,
  blueByte,
  0,
  0,
  0,
]);
const rawOnly = Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]);

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel; the fourth says nothing. */
  readonly bytes: Uint8Array;
}

/** Reads exactly so many bytes. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  const bytes = socket[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  return async (length) => {
    while (rest.length < length) {
      const { value, done } = (await bytes.next()) as IteratorResult<Buffer>;
      if (done === true) throw new Error("the VNC server closed the connection");
      rest = Buffer.concat([rest, value]);
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
}

/** @param port the VNC server's, on loopback */
export async function rootWindow(port: number): Promise<Pixels> {
  const socket = connect(port, "127.0.0.1");
  try {
    const read = reader(socket);
    await read(12);
    socket.write("RFB 003.008\n");
    await read((await read(1))[0]);
    socket.write(Buffer.from([1]));
    if ((await read(4)).readUInt32BE() !== 0) throw new Error("the VNC server wants a password");
    socket.write(Buffer.from([1]));
    const init = await read(24);
    const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
    await read(init.readUInt32BE(20));
    const request = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    request.writeUInt16BE(width, 6);
    request.writeUInt16BE(height, 8);
    socket.write(Buffer.concat([pixelFormat, rawOnly, request]));
    const bytes = Buffer.alloc(width * height * 4);
    for (let left = (await read(4)).readUInt16BE(2); left > 0; left--) {
      const head = await read(12);
      const [x, y, wide, high] = [0, 2, 4, 6].map((offset) => head.readUInt16BE(offset));
      const data = await read(wide * high * 4);
      for (let row = 0; row < high; row++)
        data.copy(bytes, ((y + row) * width + x) * 4, row * wide * 4, (row + 1) * wide * 4);
    }
    return { width, height, bytes };
  } finally {
    socket.destroy();
  }
}

/**
 * How many pixels a screenshot shows otherwise than X.
 * @returns that, and the greatest difference of one colour, 0 to 255
 */
export async function differences(screenshot: Buffer, shown: Pixels): Promise<{ pixels: number; most: number }> {
  const { width, height, bytes } = shown;
  const context = createCanvas(width, height).getContext("2d");
  context.drawImage(await loadImage(screenshot), 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  let [pixels, most] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const apart = Math.max(
      Math.abs(data[at] - bytes[at]),
      Math.abs(data[at + 1] - bytes[at + 1]),
      Math.abs(data[at + 2] - bytes[at + 2]),
    );
    if (apart > 0) pixels++;
    most = Math.max(most, apart);
  }
  return { pixels, most };
}
