package moor.session;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The questions by which Moor asks an application that keeps its sessions by itself who a visitor is, and the answers. Both are JWTs
 * (RFC 7519) by HMAC-SHA256. An answer is good for its question alone.
 */
public final class Questions {
    /** The longest question: a megabyte of attributes is 1.4 million characters in base64url. */
    public static final int MOST_CHARACTERS = 2_000_000;

    private static final Pattern KEY = Pattern.compile("([1-9][0-9]{0,2}):([A-Za-z0-9_-]{43,})");
    /** How far the clocks of Moor and of this server may be apart, in seconds. */
    private static final long CLOCKS_APART = 60;

    private final String application;
    private final String issuer;
    private final Set<String> readers;
    private final Map<String, byte[]> keys = new HashMap<>();
    private final Clock clock;

    /** A question that Moor has signed, for this application and this minute. */
    public record Question(Map<String, Object> claims, String kid, boolean readOnly) {
        /**
         * Whether it asks for a change, and its Moor may only read: then the answer has status 403. With version 0 Moor only asks
         * whether the session lives.
         */
        public boolean isForbidden() {
            Object method = claims.get("htm");
            return readOnly && ("DELETE".equals(method) || ("PUT".equals(method) && version() != 0));
        }

        /** Of a GET: the most bytes of attributes, as JSON, that Moor takes. */
        public int mostBytes() {
            return claims.get("max") instanceof Number most ? most.intValue() : 0;
        }

        /** Of a PUT or DELETE: the id of the session. */
        public String id() {
            return String.valueOf(claims.get("sid"));
        }

        /** Of a PUT: the version of the attributes. */
        public int version() {
            return claims.get("ver") instanceof Number version ? version.intValue() : 0;
        }

        /** Of a PUT: the attributes. */
        public Map<String, Object> attributes() {
            return claims.get("attributes") instanceof Map<?, ?> map ? named(map) : Map.of();
        }
    }

    /** A question that is refused. The message says why, and holds no secret. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        public Refused(String reason) {
            super(reason);
        }
    }

    /**
     * @param application the name of this application: {@code adopt[].from} of Moor's configuration
     * @param issuer Moor's {@code MOOR_ISSUER}
     * @param readers {@code MOOR_READER_ISSUERS}: the addresses of further Moors that may only read, separated by spaces or commas; null: none
     * @param ring the keys that Moor has as {@code MOOR_CONFIRM_KEYS}
     * @throws IllegalArgumentException if a setting is missing or has another form
     */
    public Questions(String application, String issuer, String readers, String ring) {
        this(application, issuer, readers, ring, Clock.systemUTC());
    }

    Questions(String application, String issuer, String readers, String ring, Clock clock) {
        if (application == null || application.isEmpty() || issuer == null || issuer.isEmpty()) {
            throw new IllegalArgumentException("the name of the application and MOOR_ISSUER must be set");
        }
        this.application = application;
        this.issuer = withoutSlash(issuer);
        this.readers = Pattern.compile("[\\s,]+")
                .splitAsStream(readers == null ? "" : readers)
                .filter(reader -> !reader.isEmpty())
                .map(Questions::withoutSlash)
                .collect(Collectors.toSet());
        this.clock = clock;
        for (String entry : String.valueOf(ring).split(",", -1)) {
            Matcher key = KEY.matcher(entry.strip());
            if (!key.matches()) {
                throw new IllegalArgumentException(
                        "MOOR_CONFIRM_KEYS must be ID:BASE64URL of 32 bytes or more, as in Moor's own environment");
            }
            keys.put(key.group(1), Base64.getUrlDecoder().decode(key.group(2)));
        }
    }

    /**
     * Opens a question.
     *
     * @param method the method of the request
     * @param text the header {@code Moor-Adopt}, or the body of a PUT; null if the request has none
     */
    public Question open(String method, String text) throws Refused {
        String[] parts = String.valueOf(text).split("\\.", -1);
        Map<String, Object> head = decoded(parts[0]);
        String kid = String.valueOf(head.get("kid"));
        boolean isQuestion = parts.length == 3
                && "HS256".equals(head.get("alg"))
                && "moor-adopt+jwt".equals(head.get("typ"))
                && keys.containsKey(kid);
        if (!isQuestion) throw new Refused("this is for Moor alone");
        byte[] right = ascii(signature(kid, parts[0] + "." + parts[1]));
        if (!MessageDigest.isEqual(right, ascii(parts[2]))) {
            throw new Refused("its signature is not of a key in MOOR_CONFIRM_KEYS");
        }
        Map<String, Object> claims = decoded(parts[1]);
        boolean readOnly = !issuer.equals(claims.get("iss"));
        if (readOnly && !(claims.get("iss") instanceof String asker && readers.contains(asker))) {
            throw new Refused("it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names");
        }
        if (!application.equals(claims.get("aud"))) {
            throw new Refused("it asks another application than the name that is set here");
        }
        if (!method.equals(claims.get("htm"))) throw new Refused("it was signed for another method");
        long now = clock.instant().getEpochSecond();
        if (!(claims.get("iat") instanceof Number at) || Math.abs(now - at.longValue()) > CLOCKS_APART) {
            throw new Refused("it was signed more than 60 seconds ago, or a clock is wrong");
        }
        return new Question(claims, kid, readOnly);
    }

    /**
     * The signed answer.
     *
     * @param status of the response: 200, 401, or 403 to a question that {@link Question#isForbidden}
     * @param session further claims
     */
    public String answer(Question question, int status, Map<String, Object> session) {
        Map<String, Object> claims = new LinkedHashMap<>(session);
        claims.put("iss", application);
        claims.put("aud", question.claims().get("iss"));
        if (question.readOnly()) claims.put("readOnly", true);
        claims.put("nonce", question.claims().get("jti"));
        claims.put("status", status);
        Map<String, Object> head = Map.of("alg", "HS256", "typ", "moor-adopt-answer+jwt", "kid", question.kid());
        String signed = encoded(head) + "." + encoded(claims);
        return signed + "." + signature(question.kid(), signed);
    }

    private static String withoutSlash(String url) {
        return url.replaceAll("/+$", "");
    }

    private String signature(String kid, String signed) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(keys.get(kid), "HmacSHA256"));
            return base64url(mac.doFinal(ascii(signed)));
        } catch (GeneralSecurityException cause) {
            throw new IllegalStateException("Java has no HMAC-SHA256", cause);
        }
    }

    private static String encoded(Map<String, Object> claims) {
        return base64url(ascii(Json.write(claims)));
    }

    private static Map<String, Object> decoded(String part) {
        try {
            return Json.parseObject(new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notJson) {
            return Map.of();
        }
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> named(Map<?, ?> map) {
        return (Map<String, Object>) map;
    }
}
