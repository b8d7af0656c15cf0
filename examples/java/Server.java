import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import moor.session.Json;
import moor.session.Moor;
import moor.session.MoorException;
import moor.session.MoorSession;
import moor.session.Settings;

/** A basket behind Moor, on the JDK's own server, with the core of the drop-in for Java (sdk/java/core). */
public final class Server {
    /** Status line, Date, Content-Type, Content-Length and Location together are shorter. */
    private static final int OTHER_HEADER_BYTES = 512;

    private final Moor moor = new Moor(Settings.from(System.getenv()));

    public static void main(String[] args) throws IOException {
        Server shop = new Server();
        int port = Integer.parseInt(System.getenv("PORT"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", shop::answer);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> form = readForm(exchange);
            String handoff = exchange.getRequestHeaders().getFirst("Moor-Session");
            // The drop-in shows an empty session to a request without a handoff. This shop has no page for such a request.
            if (handoff == null) {
                send(exchange, 403, "not through Moor");
                return;
            }
            String path = exchange.getRequestURI().getPath();
            try {
                MoorSession session = moor.session(handoff, path);
                String page = serve(session, exchange.getRequestMethod() + " " + path, form);
                // The response has few and short headers besides the session's.
                session.commit(OTHER_HEADER_BYTES, exchange.getResponseHeaders()::add);
                if (page == null) {
                    exchange.getResponseHeaders().set("Location", "/");
                    send(exchange, 303, "");
                } else {
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    send(exchange, 200, page);
                }
            } catch (MoorException fault) {
                System.err.println(fault.getMessage());
                send(exchange, fault.code().status(), fault.code().name());
            }
        }
    }

    /** The page to show; null after a change, which leads back to the page. */
    private static String serve(MoorSession session, String call, Map<String, String> form) {
        Map<String, Object> basket = basketOf(session);
        String good = form.getOrDefault("good", "");
        switch (call) {
            case "GET /" -> {
                Map<String, Object> page = new HashMap<>(Map.of("server", "java", "basket", basket));
                page.put("user", session.principal());
                return Json.write(page);
            }
            case "POST /add" -> basket.merge(good, 1, (count, one) -> (Integer) count + (Integer) one);
            case "POST /remove" -> basket.remove(good);
            case "POST /login" -> session.login(form.get("user"));
            case "POST /logout" -> {
                session.end();
                return null;
            }
            default -> {}
        }
        session.set("basket", basket);
        return null;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> basketOf(MoorSession session) {
        return session.get("basket") instanceof Map<?, ?> basket ? (Map<String, Object>) basket : new HashMap<>();
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, String> readForm(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> form = new HashMap<>();
        for (String pair : body.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) form.put(decode(parts[0]), decode(parts[1]));
        }
        return form;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
