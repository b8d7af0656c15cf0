package moor.session;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moor.session.MoorException.Code;

/** Moor's public keys (RFC 7517), which are read on first use. */
final class KeySet {
    /** Keys count for as long as their Cache-Control says, within these bounds. */
    private static final Duration MOST_FRESH = Duration.ofMinutes(5);

    private static final Duration LEAST_FRESH = Duration.ofSeconds(30);
    /** How soon keys are read again after a failure. */
    private static final Duration AGAIN_AFTER_FAILURE = Duration.ofSeconds(30);
    /** How soon keys are read again for another handoff that fits no known key. Anybody can send such a handoff. */
    private static final Duration AGAIN_FOR_UNFIT = Duration.ofSeconds(5);
    /** How long keys count at most, from when they were read, while they cannot be read again. */
    private static final Duration MOST_STALE = Duration.ofHours(1);

    private static final Pattern NO_STORE = Pattern.compile("(^|[\\s,])no-(store|cache)\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern MAX_AGE =
            Pattern.compile("(?:^|[\\s,])max-age=\"?(\\d{1,9})", Pattern.CASE_INSENSITIVE);

    private final HttpClient client;
    private final URI url;
    private final Clock clock;
    private Map<String, PublicKey> keys = Map.of();
    private Instant freshUntil = Instant.MIN;
    private Instant usableUntil = Instant.MIN;
    private Instant askedAt = Instant.EPOCH;
    private Instant soughtAt = Instant.EPOCH;
    private Exception failure;
    /** The read that is under way, which all requests share; null: no read is under way. */
    private CompletableFuture<Void> reading;

    KeySet(HttpClient client, String url, Clock clock) {
        this.client = client;
        this.url = URI.create(url);
        this.clock = clock;
    }

    /**
     * The key of a kid, or null if Moor publishes no such key.
     *
     * @param unfit a key that a signature did not fit: the kid is then looked up again for another key; or null
     */
    PublicKey find(String kid, PublicKey unfit) {
        CompletableFuture<Void> mine = null;
        CompletableFuture<Void> pending;
        synchronized (this) {
            PublicKey key = known(kid, unfit);
            if (key != null && clock.instant().isBefore(freshUntil)) return key;
            if (reading == null && isDue()) reading = mine = new CompletableFuture<>();
            pending = reading;
        }
        if (mine != null) read(mine);
        else if (pending != null) pending.join();
        synchronized (this) {
            PublicKey key = known(kid, unfit);
            if (key == null && failure != null) {
                throw new MoorException(Code.KEYS_UNAVAILABLE, "Moor's public keys cannot be read from " + url, failure);
            }
            return key;
        }
    }

    private PublicKey known(String kid, PublicKey unfit) {
        PublicKey key = clock.instant().isBefore(usableUntil) ? keys.get(kid) : null;
        return key == null || key.equals(unfit) ? null : key;
    }

    private boolean isDue() {
        Instant now = clock.instant();
        boolean isFresh = now.isBefore(freshUntil);
        Instant next = isFresh ? soughtAt.plus(AGAIN_FOR_UNFIT) : askedAt.plus(AGAIN_AFTER_FAILURE);
        if (now.isBefore(usableUntil) && now.isBefore(next)) return false;
        if (isFresh) soughtAt = now;
        askedAt = now;
        return true;
    }

    private void read(CompletableFuture<Void> mine) {
        Instant at = clock.instant();
        Map<String, PublicKey> found = null;
        Duration fresh = Duration.ZERO;
        Exception cause = null;
        try {
            HttpRequest request = HttpRequest.newBuilder(url).timeout(Moor.PATIENCE).build();
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) throw new IOException("the answer has status " + response.statusCode());
            found = keysOf(Json.parseObject(response.body()));
            fresh = freshFor(response.headers());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            cause = interrupted;
        } catch (IOException | GeneralSecurityException | RuntimeException fault) {
            cause = fault;
        }
        synchronized (this) {
            failure = cause;
            if (found != null) {
                keys = found;
                freshUntil = at.plus(fresh);
                usableUntil = at.plus(MOST_STALE);
            }
            reading = null;
        }
        mine.complete(null);
    }

    private static Map<String, PublicKey> keysOf(Map<String, Object> document) throws GeneralSecurityException {
        if (!(document.get("keys") instanceof List<?> jwks)) throw new IllegalArgumentException("the answer is no JWK set");
        Map<String, PublicKey> found = new HashMap<>();
        for (Object member : jwks) {
            // RFC 7517, section 5: keys of other kinds are ignored.
            if (member instanceof Map<?, ?> jwk && isSigningKey(jwk)) {
                found.put((String) jwk.get("kid"), publicKey((String) jwk.get("x"), (String) jwk.get("y")));
            }
        }
        return found;
    }

    private static boolean isSigningKey(Map<?, ?> jwk) {
        return "EC".equals(jwk.get("kty"))
                && "P-256".equals(jwk.get("crv"))
                && (jwk.get("use") == null || "sig".equals(jwk.get("use")))
                && (jwk.get("alg") == null || "ES256".equals(jwk.get("alg")))
                && jwk.get("kid") instanceof String
                && jwk.get("x") instanceof String
                && jwk.get("y") instanceof String;
    }

    private static PublicKey publicKey(String x, String y) throws GeneralSecurityException {
        AlgorithmParameters p256 = AlgorithmParameters.getInstance("EC");
        p256.init(new ECGenParameterSpec("secp256r1"));
        ECPoint point = new ECPoint(coordinate(x), coordinate(y));
        ECPublicKeySpec spec = new ECPublicKeySpec(point, p256.getParameterSpec(ECParameterSpec.class));
        return KeyFactory.getInstance("EC").generatePublic(spec);
    }

    private static BigInteger coordinate(String text) {
        return new BigInteger(1, Base64.getUrlDecoder().decode(text));
    }

    /** How long an answer may be used (RFC 9111, section 4.2), within the bounds. */
    private static Duration freshFor(HttpHeaders headers) {
        String control = String.join(", ", headers.allValues("Cache-Control"));
        if (NO_STORE.matcher(control).find()) return LEAST_FRESH;
        Matcher maxAge = MAX_AGE.matcher(control);
        if (!maxAge.find()) return MOST_FRESH;
        String age = headers.firstValue("Age").filter(text -> text.matches("\\d{1,9}")).orElse("0");
        Duration fresh = Duration.ofSeconds(Long.parseLong(maxAge.group(1)) - Long.parseLong(age));
        if (fresh.compareTo(LEAST_FRESH) < 0) return LEAST_FRESH;
        return fresh.compareTo(MOST_FRESH) > 0 ? MOST_FRESH : fresh;
    }
}
