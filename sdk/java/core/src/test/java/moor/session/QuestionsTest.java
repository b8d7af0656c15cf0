package moor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import moor.session.Questions.Refused;
import org.junit.jupiter.api.Test;

class QuestionsTest {
    private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final long NOW = 1_800_000_000;
    private static final Map<String, Object> CLAIMS =
            Map.of("iss", "https://shop.test", "aud", "app", "htm", "DELETE", "iat", (int) NOW, "jti", "n", "sid", "s");

    private static final Map<String, Object> HEAD = Map.of("alg", "HS256", "typ", "moor-adopt+jwt", "kid", "7");

    private final Questions questions = new Questions(
            "app",
            "https://shop.test/",
            "https://staging.test/, https://test.test",
            "7:" + base64url(SECRET),
            Clock.fixed(Instant.ofEpochSecond(NOW), ZoneOffset.UTC));

    @Test
    void opensAQuestionOfMoors() throws Exception {
        assertEquals("s", questions.open("DELETE", signed(CLAIMS, SECRET)).id());
    }

    @Test
    void opensQuestionsOfReadersAndForbidsTheirChanges() throws Exception {
        for (String reader : new String[] {"https://staging.test", "https://test.test"}) {
            assertTrue(questions.open("DELETE", signed(with("iss", reader), SECRET)).isForbidden());
        }
        assertFalse(questions.open("DELETE", signed(CLAIMS, SECRET)).isForbidden());
        Map<String, Object> question = with("iss", "https://staging.test");
        question.put("htm", "GET");
        assertFalse(questions.open("GET", signed(question, SECRET)).isForbidden());
        question.put("htm", "PUT");
        question.put("ver", 0);
        assertFalse(questions.open("PUT", signed(question, SECRET)).isForbidden());
        question.put("ver", 1);
        assertTrue(questions.open("PUT", signed(question, SECRET)).isForbidden());
    }

    @Test
    void refusesEverythingElse() throws Exception {
        refuses("DELETE", null);
        refuses("DELETE", "..");
        refuses("DELETE", signed(CLAIMS, "another secret of thirty-two bytes".getBytes(StandardCharsets.US_ASCII)));
        String right = signed(CLAIMS, SECRET);
        refuses("DELETE", right.substring(0, right.length() - 1) + (right.endsWith("A") ? "B" : "A"));
        refuses("PUT", right);
        refuses("DELETE", signed(with("iss", "https://stranger.test"), SECRET));
        refuses("DELETE", signed(with("aud", "other"), SECRET));
        refuses("DELETE", signed(with("iat", (int) NOW - 61), SECRET));
        refuses("DELETE", signed(with("iat", "now"), SECRET));
    }

    @Test
    void refusesAnotherHeaderAlthoughTheSignatureIsRight() throws Exception {
        assertEquals("s", questions.open("DELETE", signed(HEAD, CLAIMS, SECRET)).id());
        for (String[] other : new String[][] {
            // An answer of this application, or of another, is no question.
            {"typ", "moor-adopt-answer+jwt"}, {"typ", "JWT"}, {"alg", "none"}, {"alg", "HS512"}, {"kid", "8"}, {"kid", ""}
        }) {
            Map<String, Object> head = new HashMap<>(HEAD);
            head.put(other[0], other[1]);
            refuses("DELETE", signed(head, CLAIMS, SECRET));
            head.remove(other[0]);
            refuses("DELETE", signed(head, CLAIMS, SECRET));
        }
    }

    @Test
    void needsItsSettings() {
        assertThrows(IllegalArgumentException.class, () -> new Questions("", "https://shop.test", null, "7:" + base64url(SECRET)));
        assertThrows(IllegalArgumentException.class, () -> new Questions("app", null, null, "7:" + base64url(SECRET)));
        assertThrows(IllegalArgumentException.class, () -> new Questions("app", "https://shop.test", null, "7:short"));
        assertThrows(IllegalArgumentException.class, () -> new Questions("app", "https://shop.test", null, null));
    }

    private void refuses(String method, String question) {
        assertThrows(Refused.class, () -> questions.open(method, question));
    }

    private static Map<String, Object> with(String name, Object value) {
        Map<String, Object> claims = new HashMap<>(CLAIMS);
        claims.put(name, value);
        return claims;
    }

    private static String signed(Map<String, Object> claims, byte[] secret) throws Exception {
        return signed(HEAD, claims, secret);
    }

    private static String signed(Map<String, Object> head, Map<String, Object> claims, byte[] secret) throws Exception {
        String signed = part(head) + "." + part(claims);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        return signed + "." + base64url(mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String part(Map<String, Object> claims) {
        return base64url(Json.write(claims).getBytes(StandardCharsets.US_ASCII));
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
