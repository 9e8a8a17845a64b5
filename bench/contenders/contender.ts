/** What the bench asks of anything that it measures: a URL per session, and a process id. */

/** Where the synthetic guacd listens, and the certificate that peers may serve TLS with. */
export interface Setting {
  readonly guacd: number;
  readonly front: number;
  readonly secure: number;
  readonly key: string;
  readonly cert: string;
  /** A folder for the configuration files of this run. */
  readonly folder: string;
  /** A real desktop behind guacd, and the origin of the page that shows it; left out before the synthetic guacd. */
  readonly desktop?: { readonly hostname: string; readonly port: string; readonly origin: string };
}

/** guacd's settings of the connection with this number: the synthetic guacd knows it by its host's name. */
export function connectionOf({ desktop }: Setting, number: number): Record<string, string> {
  const { hostname, port } = desktop ?? { hostname: `s${number}`, port: "5900" };
  return { hostname, port, password: "" };
}

export interface Contender {
  readonly name: string;
  /** The processes whose trees are charged; none for the direct run. */
  readonly pids: readonly number[];
  /**
   * A URL for each of `count` sessions numbered from `first`; empty where the contender does not speak TLS.
   * The number reaches the synthetic guacd as the query's `n` or as the connection's host name.
   */
  urls(first: number, count: number, tls: boolean): Promise<string[]> | string[];
  stop(): Promise<void>;
}

export type Start = (setting: Setting) => Promise<Contender>;

/** URLs in front of the WebSocket front: the number goes through in the query. */
export const numbered = (base: string, first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${base}/websocket-tunnel?n=${first + index}`);
