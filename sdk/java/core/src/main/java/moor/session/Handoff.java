package moor.session;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moor.session.MoorException.Code;

/**
 * A verified handoff.
 *
 * @param text the header, which authorises calls of the session API for 60 seconds by default
 * @param id the session's id; null while the session is stored nowhere
 * @param generation goes up with each login and rotation
 * @param principal the user's id; null before a login
 * @param isNew whether the session is stored nowhere
 * @param attributes null if they were too large for the handoff
 * @param providerLogin null unless Moor has logged the visitor in at a provider
 */
record Handoff(
        String text,
        String id,
        long generation,
        String principal,
        boolean isNew,
        Map<String, Object> attributes,
        ProviderLogin providerLogin) {
    /** Above any handoff that Moor makes. */
    private static final int CHARACTERS = 32_768;

    private static final long CLOCK_TOLERANCE_SECONDS = 15;
    private static final Pattern COMPACT_JWT = Pattern.compile("([\\w-]+)\\.([\\w-]+)\\.([\\w-]{86})");

    /** Checks a handoff (RFC 7515, 7519): ES256, a published key, this issuer, this audience, and its lifetime. */
    static Handoff verified(String text, Settings settings, Signatures signatures, Instant now) {
        Matcher parts = COMPACT_JWT.matcher(text);
        if (text.length() > CHARACTERS || !parts.matches()) throw malformed("it is no compact JWT with ES256", null);
        Map<String, Object> header = parsed(parts.group(1));
        if (!"ES256".equals(header.get("alg"))) {
            throw new MoorException(Code.HANDOFF_UNTRUSTED, "the handoff's algorithm is not ES256");
        }
        boolean isOurs = "JWT".equals(header.get("typ")) && !header.containsKey("crit");
        if (!isOurs || !(header.get("kid") instanceof String kid)) throw malformed("its header is not a header of Moor", null);
        signatures.require(text, decoded(parts.group(3)), kid);
        Map<String, Object> claims = parsed(parts.group(2));
        requireAddress("issuer", claims.get("iss"), settings.issuer());
        requireAddress("audience", claims.get("aud"), settings.audience());
        long from = count(claims, "iat");
        long until = count(claims, "exp");
        long second = now.getEpochSecond();
        if (second >= until + CLOCK_TOLERANCE_SECONDS || second < from - CLOCK_TOLERANCE_SECONDS) {
            throw new MoorException(
                    Code.HANDOFF_EXPIRED, "the handoff is valid from " + from + " to " + until + "; it is " + second);
        }
        return of(text, claims);
    }

    private static Handoff of(String text, Map<String, Object> claims) {
        String id = optional(claims, "sid", String.class);
        String principal = optional(claims, "sub", String.class);
        boolean isNew = Boolean.TRUE.equals(optional(claims, "new", Boolean.class));
        @SuppressWarnings("unchecked")
        Map<String, Object> data = optional(claims, "data", Map.class);
        ProviderLogin login = claims.containsKey("login") ? ProviderLogin.read(claims.get("login")) : null;
        if (login == null && claims.containsKey("login")) throw malformed("its login is not a login of Moor", null);
        return new Handoff(text, id, count(claims, "gen"), principal, isNew, id == null ? Map.of() : data, login);
    }

    private static void requireAddress(String claim, Object found, String accepted) {
        if (accepted.equals(found)) return;
        throw new MoorException(
                Code.HANDOFF_MISDIRECTED, "the handoff's " + claim + " is " + Json.write(found) + ", not " + accepted);
    }

    private static long count(Map<String, Object> claims, String name) {
        Object value = claims.get(name);
        if ((value instanceof Integer || value instanceof Long) && ((Number) value).longValue() >= 0) {
            return ((Number) value).longValue();
        }
        throw malformed("its " + name + " is not a count", null);
    }

    private static <T> T optional(Map<String, Object> claims, String name, Class<T> type) {
        Object value = claims.get(name);
        if (value != null && !type.isInstance(value)) throw malformed("its " + name + " has another type", null);
        return type.cast(value);
    }

    private static Map<String, Object> parsed(String part) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(decoded(part));
            return Json.parseObject(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
        } catch (CharacterCodingException | IllegalArgumentException cause) {
            throw malformed("a part of it is not JSON", cause);
        }
    }

    private static byte[] decoded(String part) {
        try {
            return Base64.getUrlDecoder().decode(part);
        } catch (IllegalArgumentException cause) {
            throw malformed("a part of it is not base64url", cause);
        }
    }

    private static MoorException malformed(String reason, Throwable cause) {
        return new MoorException(Code.HANDOFF_MALFORMED, "the handoff is refused: " + reason, cause);
    }
}
