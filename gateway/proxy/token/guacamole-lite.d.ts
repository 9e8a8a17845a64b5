/** guacamole-lite ships no types. The class reads and writes its token: base64 of JSON with `iv` and `value`. */
declare module "guacamole-lite/lib/Crypt.js" {
  export default class Crypt {
    constructor(cypher: string, key: string | Uint8Array);
    decrypt(token: string): unknown;
    encrypt(content: unknown): string;
  }
}
