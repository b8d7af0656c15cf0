import type { Fate } from "../fates.ts";

const words = (text: string) => text.split(/\s+/);

/** The fate of each directive of nginx outside of `upstream`. */
export const DIRECTIVE_FATES: readonly Fate[] = [
  {
    names: ["server_name"],
    kind: "carried",
    text: "`host` of routes: a name, `*.name`, and both for `.name`; a note for a regular expression or `name.*`",
  },
  {
    names: ["listen"],
    kind: "carried",
    text: "The server that is the default of port 443 (else 80, else the first port) takes all other hosts. A note for a server that only its port tells apart",
  },
  {
    names: ["location"],
    kind: "carried",
    text: "`path` of routes, in nginx's order of precedence: `=`, the longest prefix, `^~`, and regular expressions that only list beginnings of paths. A note for other expressions",
  },
  {
    names: ["proxy_pass"],
    kind: "carried",
    text: "`pool`; a path that only stands before the location's becomes the base path of `url`. A note where nginx exchanges the path",
  },
  {
    names: ["set", "map"],
    kind: "carried",
    text: "Routes, if `proxy_pass` names the variable, by host, method, header or whole path. A note for other keys",
  },
  {
    names: ["split_clients"],
    kind: "carried",
    text: "`pool: [{ id, weight }]`, if `proxy_pass` names the variable; the session chooses the side, and a note says so",
  },
  { names: ["proxy_read_timeout"], kind: "carried", text: "`attemptDeadlineMs` of the route" },
  {
    names: ["proxy_next_upstream"],
    kind: "carried",
    text: "`retryOn`: `error` is `connect-failure` and `reset`, `timeout` is itself, `http_502` and `http_504` are `gateway-error`, `http_503` is `503`. A note for other words",
  },
  { names: ["proxy_next_upstream_tries"], kind: "carried", text: "`retryOrigins`, 3 at most" },
  {
    names: ["proxy_set_header"],
    kind: "carried",
    text: '`Host` with the client\'s host: `host: "client"`, if all names are in one domain, else a note. Moor sends `X-Forwarded-*`. A note for every other header',
  },
  { names: ["upstream"], kind: "carried", text: "A pool: see the next table" },
  {
    names: ["include"],
    kind: "carried",
    text: "The file is read, by pattern too. A note for a file that cannot be read",
  },
  {
    names: ["try_files"],
    kind: "carried",
    text: "A fallback `@name` that passes to servers takes all requests, and a note says so. Otherwise as for `root`",
  },
  {
    names: [
      "return",
      "root",
      "alias",
      "index",
      "autoindex*",
      "internal",
      "stub_status",
      "empty_gif",
      "fastcgi_*",
      "uwsgi_*",
      "scgi_*",
      "grpc_*",
      "memcached_*",
    ],
    kind: "carried",
    text: "No route. A note for each location that passes to no HTTP server says where Moor sends its requests instead",
  },
  { names: ["http", "server"], kind: "carried", text: "Their locations are read" },
  {
    names: ["rewrite"],
    kind: "noted",
    text: "Moor sends the path as it came; use a Transform Rule of Cloudflare, or the application",
  },
  {
    names: ["if", "limit_except"],
    kind: "noted",
    text: "a route has conditions on host, path, method and headers alone",
  },
  {
    names: ["error_page", "proxy_intercept_errors"],
    kind: "noted",
    text: "`errorPage` replaces Moor's own page when no server answers; other errors are the servers'",
  },
  {
    names: [
      "auth_basic*",
      "auth_request*",
      "auth_jwt*",
      "allow",
      "deny",
      "satisfy",
      "valid_referers",
      "secure_link*",
      "modsecurity*",
    ],
    kind: "noted",
    text: "a route guards nothing; use Cloudflare's WAF or Access, or the application",
  },
  {
    names: ["limit_req*", "limit_conn*", "limit_rate*"],
    kind: "noted",
    text: "use a rate limiting rule of Cloudflare",
  },
  { names: ["client_max_body_size"], kind: "noted", text: "Cloudflare's plan limits the size of a request" },
  {
    names: [
      "add_header",
      "add_trailer",
      "expires",
      "more_*",
      "proxy_hide_header",
      "proxy_pass_header",
      "proxy_ignore_headers",
    ],
    kind: "noted",
    text: "responses keep the servers' headers; use a Transform Rule of Cloudflare, or the application",
  },
  {
    names: ["proxy_cache*", "proxy_store*", "proxy_no_cache", "slice", "proxy_force_ranges"],
    kind: "noted",
    text: "Moor caches no response; use Cloudflare's cache on routes with `session: false`",
  },
  {
    names: ["proxy_redirect", "proxy_cookie_*"],
    kind: "noted",
    text: "responses keep the addresses and cookies that the servers give",
  },
  {
    names: [
      "proxy_method",
      "proxy_set_body",
      "proxy_pass_request_*",
      "proxy_next_upstream_timeout",
      "proxy_limit_rate",
    ],
    kind: "noted",
    text: "Moor sends requests as they came",
  },
  {
    names: [
      "sub_filter*",
      "addition_types",
      "add_before_body",
      "add_after_body",
      "ssi*",
      "xslt*",
      "image_filter*",
      "mirror*",
      "js_*",
      "perl*",
      "lua_*",
      "*_by_lua*",
      "access_by_lua*",
      "content_by_lua*",
      "rewrite_by_lua*",
      "set_by_lua*",
    ],
    kind: "noted",
    text: "Moor changes no body and runs no script; write a Worker of your own with the [middleware](../guide/hono.md)",
  },
  { names: ["geo", "geoip*"], kind: "noted", text: "a route has no condition on the client's address or country" },
  {
    names: [
      "merge_slashes",
      "absolute_redirect",
      "port_in_redirect",
      "server_name_in_redirect",
      "recursive_error_pages",
    ],
    kind: "noted",
    text: "Moor compares and sends the path byte for byte, and redirects nobody",
  },
  {
    names: ["match", "health_check", "status", "status_*", "api", "upstream_conf", "keyval*", "check", "check_*"],
    kind: "noted",
    text: "set [`healthCheck`](configuration.md#pools) of the pool by hand",
  },
  { names: ["stream", "mail", "rtmp"], kind: "noted", text: "Moor speaks HTTP alone" },
  {
    names: [
      ...words(
        "user worker_* pid daemon master_process events env load_module pcre_jit thread_pool timer_resolution lock_file google_perftools_profiles error_log access_log log_* open_log_file_cache debug_connection use multi_accept",
      ),
      ...words(
        "sendfile* tcp_nopush tcp_nodelay keepalive_* types default_type types_hash_* server_names_hash_* variables_hash_* map_hash_* proxy_headers_hash_* server_tokens client_body_* client_header_* large_client_header_buffers send_timeout reset_timedout_connection lingering_* aio* directio* output_buffers open_file_cache* postpone_output read_ahead request_pool_size connection_pool_size subrequest_output_buffer_size",
      ),
      ...words(
        "ssl* http2* http3* quic* gzip* gunzip* brotli* zstd* charset* etag if_modified_since chunked_transfer_encoding underscores_in_headers ignore_invalid_headers msie_*",
      ),
      ...words(
        "proxy_buffer* proxy_busy_buffers_size proxy_max_temp_file_size proxy_temp_* proxy_request_buffering proxy_http_version proxy_connect_timeout proxy_send_timeout proxy_ssl_* proxy_socket_keepalive proxy_bind proxy_ignore_client_abort resolver resolver_timeout real_ip_* set_real_ip_from vhost_traffic_status* opentracing* otel_*",
      ),
    ],
    kind: "platform",
    text: "Nothing: Cloudflare, the runtime or Moor itself does it",
  },
];

/** The fate of each directive in an `upstream` block. */
export const UPSTREAM_FATES: readonly Fate[] = [
  {
    names: ["server"],
    kind: "carried",
    text: "An origin. `weight`, `down`, `backup` and `route` are carried over, `slow_start` becomes `slowStartSeconds` of the pool. A note for `max_fails`, `fail_timeout`, `max_conns`, `resolve`, `service`. Refused: `unix:`, `drain`, and parameters that are not known",
  },
  {
    names: ["ip_hash"],
    kind: "carried",
    text: '`affinity: { algorithm: "nginx-ip-hash" }`: no visitor moves. Refused with host names, unless `--one-address` says that each has one address',
  },
  {
    names: ["hash"],
    kind: "carried",
    text: "`nginx-hash`, or with `consistent` `nginx-chash`: no visitor moves. With other variables than [these](../guide/routing.md#moving-from-nginx) `whrw1`, and a note",
  },
  {
    names: ["sticky"],
    kind: "carried",
    text: "`cookie`: `formerBalancer` with that cookie; without `route=` the MD5 of the address names a server. Otherwise `learn` with the cookie of `learn` or `route`, and with the parameter of the path that a `map` of `$request_uri` reads. A note for every part that cannot be followed; without a cookie to follow it becomes `whrw1`",
  },
  {
    names: ["least_conn", "least_time", "random", "round_robin"],
    kind: "noted",
    text: "Moor keeps each session on the origin that its id meets, by weight",
  },
  { names: ["queue", "state", "resolver", "resolver_timeout"], kind: "noted", text: "Moor has no such setting" },
  {
    names: ["zone", "keepalive", "keepalive_requests", "keepalive_time", "keepalive_timeout", "ntlm"],
    kind: "platform",
    text: "Nothing: isolates share no memory, and Cloudflare keeps connections",
  },
];
