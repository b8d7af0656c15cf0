/** "Policy violation" (RFC 6455 section 7.4.1). */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
/** What a close event tells when the peer has sent no code. */
const NO_CODE = 1005;
/** `close` takes none of these, though a peer can send them. */
const UNSENDABLE = new Set([1004, 1005, 1006, 1015]);
/** A reason is at most this long (RFC 6455 section 5.5); bytes that are no UTF-8 have become longer on their way. */
const MAX_REASON_BYTES = 123;

/** One end of a Worker's WebSocket, as far as it is used; not every environment that reads this file has the platform's types. */
interface End {
  binaryType: string;
  readonly readyState: number;
  accept(): void;
  send(message: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(kind: "message", listener: (event: { data: string | ArrayBuffer }) => void): void;
  addEventListener(kind: "error", listener: () => void): void;
  addEventListener(kind: "close", listener: (event: { code: number; reason: string }) => void): void;
}

/**
 * A response whose WebSocket, if it has one, is closed with 1008 after so many seconds, on both sides.
 *
 * Nothing else can do that: a socket that is handed through belongs to the runtime, and the request's own timers end with its response. So
 * each message passes through this isolate, and there is no back-pressure.
 */
export function withLongestLife(response: Response, seconds: number): Response {
  const { webSocket: origin } = response as { webSocket?: End | null };
  if (!origin) return response;
  const { WebSocketPair } = globalThis as unknown as { WebSocketPair: new () => [End, End] };
  const { 0: client, 1: edge } = new WebSocketPair();
  const ends = [edge, origin] as const;
  const timer = setTimeout(() => {
    for (const end of ends) end.close(POLICY_VIOLATION, "the session's socket is too old");
  }, seconds * 1000);
  for (const end of ends) {
    end.binaryType = "arraybuffer";
    end.accept();
  }
  pass(edge, origin, timer);
  pass(origin, edge, timer);
  const init: object = { status: 101, headers: response.headers, webSocket: client };
  return new Response(null, init);
}

/** Passes on what comes from one end, its close among it. */
function pass(from: End, to: End, timer: ReturnType<typeof setTimeout>): void {
  from.addEventListener("message", ({ data }) => {
    if (to.readyState === WebSocket.OPEN) to.send(data);
  });
  from.addEventListener("error", () => to.close(GOING_AWAY));
  from.addEventListener("close", ({ code, reason }) => {
    clearTimeout(timer);
    if (code === NO_CODE) to.close();
    else if (isSendable(code, reason)) to.close(code, reason);
    else to.close(GOING_AWAY);
  });
}

function isSendable(code: number, reason: string): boolean {
  const isCode = code >= 1000 && code <= 4999 && !UNSENDABLE.has(code);
  return isCode && new TextEncoder().encode(reason).length <= MAX_REASON_BYTES;
}
