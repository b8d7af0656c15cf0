import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/** A basket behind Moor. Java 17 with Jackson (Debian: default-jdk-headless, libjackson2-databind-java). */
public final class Server {
    /** A header is ASCII: other characters are written as escapes. */
    private static final JsonMapper JSON = JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final Handoff handoff;

    private Server(Handoff handoff) {
        this.handoff = handoff;
    }

    public static void main(String[] args) throws IOException {
        Map<String, String> env = System.getenv();
        String issuer = env.get("MOOR_ISSUER");
        Handoff handoff = new Handoff(issuer, env.get("MOOR_AUDIENCE"), env.getOrDefault("MOOR_URL", issuer));
        Server shop = new Server(handoff);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env.get("PORT"))), 0);
        server.createContext("/", shop::answer);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> form = readForm(exchange);
            try {
                serve(exchange, handoff.read(exchange.getRequestHeaders().getFirst("Moor-Session")), form);
            } catch (GeneralSecurityException notThroughMoor) {
                send(exchange, 403, "not through Moor");
            } catch (Handoff.MoorUnavailable cause) {
                System.err.println("Moor cannot be asked: " + cause.getMessage());
                send(exchange, 503, "try again");
            }
        }
    }

    private static void serve(HttpExchange exchange, JsonNode session, Map<String, String> form) throws IOException {
        JsonNode basket = session.path("data").path("basket");
        String good = form.getOrDefault("good", "");
        switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
            case "GET /" -> {
                ObjectNode page = JSON.createObjectNode().put("server", "java");
                page.put("user", session.has("sub") ? decode(session.get("sub").asText()) : null);
                page.set("basket", basket.isObject() ? basket : JSON.createObjectNode());
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                send(exchange, 200, JSON.writeValueAsString(page));
            }
            case "POST /add" -> {
                ObjectNode goods = JSON.createObjectNode().put(good, basket.path(good).asInt() + 1);
                seeBasket(exchange, "Moor-Patch", JSON.writeValueAsString(JSON.createObjectNode().set("basket", goods)));
            }
            case "POST /remove" -> {
                ObjectNode goods = JSON.createObjectNode().putNull(good);
                seeBasket(exchange, "Moor-Patch", JSON.writeValueAsString(JSON.createObjectNode().set("basket", goods)));
            }
            case "POST /login" ->
                seeBasket(exchange, "Moor-Principal", URLEncoder.encode(form.get("user"), StandardCharsets.UTF_8));
            case "POST /logout" -> seeBasket(exchange, "Moor-End", "1");
            default -> send(exchange, 400, "nothing that this shop does");
        }
    }

    private static void seeBasket(HttpExchange exchange, String header, String value) throws IOException {
        exchange.getResponseHeaders().set(header, value);
        exchange.getResponseHeaders().set("Location", "/");
        send(exchange, 303, "");
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
