package moor.session.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import moor.session.Json;
import moor.session.Moor;
import moor.session.MoorException;
import moor.session.MoorException.Code;
import moor.session.MoorSession;
import moor.session.ProviderLogin;
import moor.session.Settings;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProviderLoginTest {
    private static FakeMoor fake;
    private static Moor moor;

    @BeforeAll
    static void start() throws IOException {
        fake = new FakeMoor();
        moor = new Moor(Settings.from(fake.variables()));
    }

    @AfterAll
    static void stop() {
        fake.close();
    }

    /** The vectors are the same for the drop-ins of all languages. */
    private static Stream<Map<String, Object>> vectors(String kind) throws IOException {
        List<?> vectors = (List<?>) Json.parseObject(Files.readString(Path.of("../../provider-logins.json"))).get(kind);
        return vectors.stream().map(vector -> Json.parseObject(Json.write(vector)));
    }

    static Stream<Map<String, Object>> shown() throws IOException {
        return vectors("shown");
    }

    /** The fake Moor takes a claim away that is null. */
    static Stream<Map<String, Object>> refused() throws IOException {
        return vectors("refused").filter(vector -> vector.get("claim") != null);
    }

    private static MoorSession sessionWith(Map<String, ?> claims) {
        return moor.session(fake.handoff(claims), "/");
    }

    @ParameterizedTest
    @MethodSource
    @DisplayName("shows the login that the handoff tells")
    void shown(Map<String, Object> vector) {
        ProviderLogin login = sessionWith(Map.of("login", vector.get("claim"))).providerLogin();
        Map<String, Object> words = new HashMap<>();
        words.put("issuer", login.issuer());
        words.put("at", (int) login.at().getEpochSecond());
        words.put("authAt", login.authAt() == null ? null : (int) login.authAt().getEpochSecond());
        words.put("acr", login.acr());
        words.put("amr", login.amr());
        words.put("roles", login.roles());
        words.put("claims", login.claims());
        assertEquals(vector.get("login"), words);
    }

    @Test
    @DisplayName("shows none for a visitor whom no provider has logged in")
    void none() {
        assertNull(sessionWith(Map.of()).providerLogin());
        assertNull(moor.session(null, "/").providerLogin());
    }

    @ParameterizedTest
    @MethodSource
    @DisplayName("refuses a login that Moor cannot have written")
    void refused(Map<String, Object> vector) {
        Map<String, Object> claims = Map.of("login", vector.get("claim"));
        MoorException refusal = assertThrows(MoorException.class, () -> sessionWith(claims));
        assertEquals(Code.HANDOFF_MALFORMED, refusal.code());
    }
}
