interface Env {
  /** Without a slash at its end. */
  readonly ORIGIN: string;
}

/** The limit: the least that any Worker in front of an origin must do. */
export default {
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return fetch(env.ORIGIN + pathname + search, request);
  },
} satisfies ExportedHandler<Env>;
