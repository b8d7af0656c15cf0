package moor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import moor.session.MoorException.Code;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SignaturesTest {
    private static final String ES256 = "SHA256withECDSAinP1363Format";

    private final Counter counter = new Counter();
    private Duration elapsed = Duration.ZERO;
    private HttpServer server;
    private KeyPair pair;
    private Signatures signatures;

    /** Java's own ES256. It counts how many signatures are made or checked. */
    private static final class Counter extends Provider {
        private static final long serialVersionUID = 1;
        private int uses;

        Counter() {
            super("Counter", "1", "counts signatures");
            Provider.Service own = Security.getProvider("SunEC").getService("Signature", ES256);
            putService(new Provider.Service(this, "Signature", ES256, own.getClassName(), null, null) {
                @Override
                public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
                    uses++;
                    return own.newInstance(parameter);
                }
            });
        }
    }

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        pair = newPair();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = Json.write(Map.of("keys", List.of(jwk()))).getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        Instant begin = Instant.parse("2030-01-01T00:00:00Z");
        Clock clock = new Clock() {
            @Override
            public Instant instant() {
                return begin.plus(elapsed);
            }

            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                throw new UnsupportedOperationException();
            }
        };
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        signatures = new Signatures(new KeySet(HttpClient.newHttpClient(), url, clock));
        Security.insertProviderAt(counter, 1);
    }

    @AfterEach
    void stop() {
        Security.removeProvider(counter.getName());
        server.stop(0);
    }

    private static KeyPair newPair() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private Map<String, Object> jwk() {
        ECPublicKey key = (ECPublicKey) pair.getPublic();
        Base64.Encoder encoder = Base64.getUrlEncoder();
        String x = encoder.encodeToString(key.getW().getAffineX().toByteArray());
        String y = encoder.encodeToString(key.getW().getAffineY().toByteArray());
        return Map.of("kty", "EC", "crv", "P-256", "kid", "a", "x", x, "y", y);
    }

    /** A handoff with its signature. */
    private record Signed(String text, byte[] signature) {
        Signed with(byte[] other) {
            return new Signed(text.substring(0, text.lastIndexOf('.') + 1) + encoded(other), other);
        }
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private Signed signed(String claims) throws GeneralSecurityException {
        String text = "e30." + encoded(claims.getBytes(StandardCharsets.US_ASCII));
        Signature signer = Signature.getInstance(ES256);
        signer.initSign(pair.getPrivate());
        signer.update(text.getBytes(StandardCharsets.US_ASCII));
        byte[] signature = signer.sign();
        return new Signed(text + "." + encoded(signature), signature);
    }

    private void require(Signed handoff) {
        signatures.require(handoff.text(), handoff.signature(), "a");
    }

    private boolean isChecked(Signed handoff) {
        int before = counter.uses;
        require(handoff);
        return counter.uses > before;
    }

    private void isUntrusted(Signed handoff) {
        MoorException refusal = assertThrows(MoorException.class, () -> require(handoff));
        assertEquals(Code.HANDOFF_UNTRUSTED, refusal.code());
    }

    @Test
    @DisplayName("checks the signature of a handoff once, until 512 other handoffs have come")
    void remembers() throws GeneralSecurityException {
        Signed first = signed("first");
        assertEquals(List.of(true, false), List.of(isChecked(first), isChecked(first)));
        for (int other = 1; other < 512; other++) require(signed("other " + other));
        assertEquals(false, isChecked(first));
        require(signed("other 512"));
        assertEquals(true, isChecked(first));
    }

    @Test
    @DisplayName("checks a handoff of more than 4,096 characters each time")
    void isBounded() throws GeneralSecurityException {
        Signed large = signed("x".repeat(4_096));
        assertEquals(List.of(true, true), List.of(isChecked(large), isChecked(large)));
    }

    @Test
    @DisplayName("refuses a wrong signature of a known handoff, and a known handoff whose key is another key by now")
    void refuses() throws GeneralSecurityException {
        Signed known = signed("known");
        require(known);
        byte[] wrong = Arrays.copyOf(known.signature(), known.signature().length);
        wrong[10] ^= 1;
        isUntrusted(known.with(wrong));
        isUntrusted(known.with(wrong));
        pair = newPair();
        require(known);
        elapsed = Duration.ofMinutes(6);
        isUntrusted(known);
    }
}
