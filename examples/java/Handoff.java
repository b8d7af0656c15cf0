import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Verifies the handoff with the JDK's own cryptography. With a build tool, Nimbus JOSE + JWT does the same. */
final class Handoff {
    private static final Duration KEYS_LIFE = Duration.ofMinutes(5);
    private static final Duration KEYS_AGAIN = Duration.ofSeconds(30);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long CLOCK_SKEW_SECONDS = 5;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    private final String issuer;
    private final String audience;
    private final String moorUrl;
    private Map<String, PublicKey> keys = Map.of();
    private Instant readAt = Instant.EPOCH;
    private Instant readAgainAt = Instant.EPOCH;

    /** Moor did not answer. */
    static final class MoorUnavailable extends IOException {
        MoorUnavailable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    Handoff(String issuer, String audience, String moorUrl) {
        this.issuer = issuer;
        this.audience = audience;
        this.moorUrl = moorUrl;
    }

    /** The verified claims; {@code data} is asked of the session API if it was too large to travel. */
    JsonNode read(String handoff) throws GeneralSecurityException, IOException {
        String[] parts = handoff == null ? new String[0] : handoff.split("\\.", -1);
        require(parts.length == 3, "no JWT");
        JsonNode header = parse(parts[0]);
        require(header.path("alg").asText().equals("ES256"), "not ES256");

        String kid = header.path("kid").asText();
        require(isSigned(parts, keyOf(kid, false)) || isSigned(parts, keyOf(kid, true)), "its signature");

        JsonNode session = parse(parts[1]);
        require(session.path("iss").asText().equals(issuer), "its issuer");
        require(session.path("aud").asText().equals(audience), "its audience");
        require(session.path("exp").asLong() + CLOCK_SKEW_SECONDS > Instant.now().getEpochSecond(), "it has expired");
        if (session.has("sid") && !session.has("data")) {
            ((ObjectNode) session).set("data", askMoor("/.moor/session", handoff).get("attributes"));
        }
        return session;
    }

    private static boolean isSigned(String[] parts, PublicKey key) throws GeneralSecurityException {
        if (key == null) return false;
        // ES256 is r and s side by side (RFC 7518, section 3.4), not the DER that Java makes of them by default.
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(key);
        signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        return signature.verify(decode(parts[2]));
    }

    /** Moor's public key of a kid, or null. All are kept for 5 minutes, and asked for again at most every 30 seconds. */
    private synchronized PublicKey keyOf(String kid, boolean again) throws GeneralSecurityException, IOException {
        boolean isAgain = again && isOlder(readAgainAt, KEYS_AGAIN);
        if (isAgain) readAgainAt = Instant.now();
        if (isAgain || isOlder(readAt, KEYS_LIFE)) {
            Map<String, PublicKey> fresh = new HashMap<>();
            for (JsonNode jwk : askMoor("/.moor/jwks.json", null).get("keys")) {
                fresh.put(jwk.get("kid").asText(), publicKey(jwk));
            }
            keys = fresh;
            readAt = Instant.now();
        }
        return keys.get(kid);
    }

    private static boolean isOlder(Instant instant, Duration age) {
        return Duration.between(instant, Instant.now()).compareTo(age) > 0;
    }

    private static PublicKey publicKey(JsonNode jwk) throws GeneralSecurityException {
        AlgorithmParameters p256 = AlgorithmParameters.getInstance("EC");
        p256.init(new ECGenParameterSpec("secp256r1"));
        ECPoint point = new ECPoint(coordinate(jwk, "x"), coordinate(jwk, "y"));
        ECPublicKeySpec spec = new ECPublicKeySpec(point, p256.getParameterSpec(ECParameterSpec.class));
        return KeyFactory.getInstance("EC").generatePublic(spec);
    }

    private static BigInteger coordinate(JsonNode jwk, String name) throws GeneralSecurityException {
        return new BigInteger(1, decode(jwk.get(name).asText()));
    }

    private JsonNode askMoor(String path, String bearer) throws MoorUnavailable {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(moorUrl + path)).timeout(PATIENCE);
        if (bearer != null) request.header("Authorization", "Bearer " + bearer);
        try {
            HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) throw new IOException("status " + response.statusCode());
            return JSON.readTree(response.body());
        } catch (IOException cause) {
            throw new MoorUnavailable(path + ": " + cause.getMessage(), cause);
        } catch (InterruptedException cause) {
            Thread.currentThread().interrupt();
            throw new MoorUnavailable(path, cause);
        }
    }

    private static JsonNode parse(String part) throws GeneralSecurityException {
        try {
            return JSON.readTree(decode(part));
        } catch (IOException cause) {
            throw new SignatureException("no JSON", cause);
        }
    }

    private static byte[] decode(String text) throws GeneralSecurityException {
        try {
            return Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException cause) {
            throw new SignatureException("no base64url", cause);
        }
    }

    private static void require(boolean condition, String what) throws GeneralSecurityException {
        if (!condition) throw new SignatureException(what);
    }
}
