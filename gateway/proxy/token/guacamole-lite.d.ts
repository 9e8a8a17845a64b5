/** guacamole-lite ships no types. The class reads and writes its token: base64 of JSON with `iv` and `value`. */
declare module "guacamole-lite/lib/Crypt.js" {
  export default class Crypt {
    constructor(cypher: string, key: string | Uint8Array);
    decrypt(token: string): unknown;
    encrypt(content: unknown): string;
  }
}

declare module "guacamole-lite" {
  /** Its `Server`, as far as it is started and guarded here. */
  export default class GuacamoleLite {
    readonly webSocketServer: import("ws").WebSocketServer;
    readonly defaultGuacdOptions: { readonly host: string; readonly port: number };
    readonly clientOptions: import("../../guard.ts").GuacamoleLiteServer["clientOptions"];
    readonly callbacks: import("../../guard.ts").GuacamoleLiteServer["callbacks"];
    readonly sessionRegistry: unknown;
    constructor(listen: { server: import("node:http").Server }, guacd: object, options: object);
  }
}
