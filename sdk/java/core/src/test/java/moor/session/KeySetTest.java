package moor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import moor.session.MoorException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KeySetTest {
    private final Instant begin = Instant.parse("2030-01-01T00:00:00Z");
    private Instant now = begin;
    private HttpServer server;
    private KeySet keys;
    private int reads;
    private boolean isAway;
    private String cacheControl = "max-age=300";
    private Map<String, Object> document;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        document = Map.of("keys", List.of(jwk("a"), Map.of("kty", "RSA", "kid", "b")));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            reads++;
            byte[] body = Json.write(document).getBytes(StandardCharsets.US_ASCII);
            exchange.getResponseHeaders().set("Cache-Control", cacheControl);
            exchange.sendResponseHeaders(isAway ? 503 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        Clock clock = new Clock() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public ZoneId getZone() {
                throw new UnsupportedOperationException();
            }

            @Override
            public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException();
            }
        };
        keys = new KeySet(HttpClient.newHttpClient(), "http://127.0.0.1:" + server.getAddress().getPort() + "/", clock);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static Map<String, Object> jwk(String kid) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        ECPublicKey key = (ECPublicKey) generator.generateKeyPair().getPublic();
        return Map.of(
                "kty", "EC",
                "crv", "P-256",
                "kid", kid,
                "x", coordinate(key.getW().getAffineX().toByteArray()),
                "y", coordinate(key.getW().getAffineY().toByteArray()));
    }

    private static String coordinate(byte[] number) {
        byte[] bytes = new byte[32];
        int length = Math.min(number.length, 32);
        System.arraycopy(number, number.length - length, bytes, 32 - length, length);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private void at(long seconds) {
        now = begin.plusSeconds(seconds);
    }

    private void finds(long seconds, int readsUntilThen) {
        at(seconds);
        assertNotNull(keys.find("a", null));
        assertEquals(readsUntilThen, reads);
    }

    @Test
    @DisplayName("reads the keys every five minutes, and keeps them for an hour while they cannot be read")
    void stale() {
        finds(0, 1);
        finds(299, 1);
        finds(301, 2);
        isAway = true;
        finds(700, 3);
        finds(729, 3);
        finds(731, 4);
        finds(3_900, 5);
        at(3_902);
        assertEquals(
                Code.KEYS_UNAVAILABLE,
                assertThrows(MoorException.class, () -> keys.find("a", null)).code());
        isAway = false;
        finds(3_903, 7);
    }

    @Test
    @DisplayName("follows Cache-Control within 30 seconds and five minutes")
    void fresh() {
        cacheControl = "no-store";
        finds(0, 1);
        finds(29, 1);
        finds(31, 2);
        cacheControl = "max-age=100000";
        finds(62, 3);
        finds(361, 3);
        finds(363, 4);
    }

    @Test
    @DisplayName("reads the keys again for an unknown kid or an unfit key, at most every 5 seconds")
    void seeks() throws GeneralSecurityException {
        finds(0, 1);
        assertNull(keys.find("b", null));
        assertNull(keys.find("b", null));
        assertEquals(2, reads);
        at(4);
        assertNull(keys.find("b", null));
        assertEquals(2, reads);
        at(6);
        document = Map.of("keys", List.of(jwk("a")));
        assertNotNull(keys.find("a", keys.find("a", null)));
        assertEquals(3, reads);
        assertNull(keys.find("a", keys.find("a", null)));
        assertEquals(3, reads);
    }
}
