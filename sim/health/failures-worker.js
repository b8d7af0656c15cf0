/** Fetches each target of ORIGIN, by GET and by POST, and tells what came of it. */
export default {
  async fetch(_request, { ORIGIN }) {
    const told = [];
    for (const [failure, target] of Object.entries(JSON.parse(ORIGIN))) {
      for (const method of ["GET", "POST"]) told.push({ failure, method, told: await tell(target, method) });
    }
    return Response.json(told);
  },
};

async function tell(target, method) {
  try {
    const { status } = await fetch(target, { method, body: method === "POST" ? "x" : undefined });
    return `status ${status}`;
  } catch ({ name, message, retryable }) {
    // Its reference is another one every time.
    return `${name}: ${message.replace(/reference = \w+/, "reference = …")}${retryable ? ", retryable" : ""}`;
  }
}
