package moor.session.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import moor.session.Json;
import moor.session.Settings;

/**
 * A small fake Moor, so that the tests of an application need no Moor. It serves its key and the session API on loopback, and
 * signs handoffs for its visitors.
 */
public final class FakeMoor implements AutoCloseable {
    private static final String ISSUER = "https://moor.test";
    private static final String AUDIENCE = "app";
    private static final String KID = "test";

    private final HttpServer server;
    private final KeyPair keys;
    private final Map<String, Visitor> visitors = new ConcurrentHashMap<>();

    /** @throws IOException if no port is free. */
    public FakeMoor() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            keys = generator.generateKeyPair();
        } catch (GeneralSecurityException cause) {
            throw new IllegalStateException("this Java has no P-256", cause);
        }
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/.moor/jwks.json", this::serveKeys);
        server.createContext("/.moor/session", this::serveSession);
        server.start();
    }

    /** The variables of a server behind this Moor, for its environment or {@link Settings#from}. */
    public Map<String, String> variables() {
        InetSocketAddress address = server.getAddress();
        String url = "http://" + address.getAddress().getHostAddress() + ":" + address.getPort();
        return Map.of("MOOR_ISSUER", ISSUER, "MOOR_AUDIENCE", AUDIENCE, "MOOR_URL", url);
    }

    /** A visitor who comes for the first time. */
    public Visitor visitor() {
        return new Visitor(this);
    }

    /** A handoff with these claims in place of the usual claims; null takes a claim away. */
    public String handoff(Map<String, ?> claims) {
        long now = Instant.now().getEpochSecond();
        Map<String, Object> all = new LinkedHashMap<>();
        all.putAll(Map.of("iss", ISSUER, "aud", AUDIENCE, "iat", now, "exp", now + 60, "gen", 0, "ver", 0, "new", true));
        all.putAll(claims);
        all.values().removeIf(claim -> claim == null);
        String signed = encoded(Map.of("alg", "ES256", "kid", KID, "typ", "JWT")) + "." + encoded(all);
        try {
            Signature signer = Signature.getInstance("SHA256withECDSAinP1363Format");
            signer.initSign(keys.getPrivate());
            signer.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
        } catch (GeneralSecurityException cause) {
            throw new IllegalStateException("the handoff cannot be signed", cause);
        }
    }

    /** The session API knows a visitor by their handoff. */
    void remember(String handoff, Visitor visitor) {
        visitors.put("Bearer " + handoff, visitor);
    }

    private void serveKeys(HttpExchange exchange) throws IOException {
        ECPublicKey key = (ECPublicKey) keys.getPublic();
        String x = coordinate(key.getW().getAffineX());
        String y = coordinate(key.getW().getAffineY());
        Map<String, Object> jwk =
                Map.of("kty", "EC", "crv", "P-256", "alg", "ES256", "use", "sig", "kid", KID, "x", x, "y", y);
        answer(exchange, 200, Map.of("keys", List.of(jwk)));
    }

    private void serveSession(HttpExchange exchange) throws IOException {
        Visitor visitor = visitors.get(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        if (visitor == null) {
            answer(exchange, 401, Map.of("title", "The handoff is unknown."));
            return;
        }
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Object> session = visitor.call(exchange.getRequestMethod(), body);
        if (session == null) answer(exchange, 409, Map.of("title", "The session is not stored yet."));
        else answer(exchange, 200, session);
    }

    private static void answer(HttpExchange exchange, int status, Map<String, Object> body) throws IOException {
        byte[] bytes = Json.write(body).getBytes(StandardCharsets.US_ASCII);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static String encoded(Map<String, ?> part) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.write(part).getBytes(StandardCharsets.US_ASCII));
    }

    private static String coordinate(BigInteger number) {
        byte[] bytes = new byte[32];
        byte[] found = number.toByteArray();
        int length = Math.min(found.length, bytes.length);
        System.arraycopy(found, found.length - length, bytes, bytes.length - length, length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
