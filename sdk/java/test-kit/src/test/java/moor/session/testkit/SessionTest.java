package moor.session.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import moor.session.Moor;
import moor.session.MoorException;
import moor.session.MoorException.Code;
import moor.session.MoorSession;
import moor.session.Settings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SessionTest {
    private FakeMoor fake;
    private Moor moor;
    private Visitor visitor;

    @BeforeEach
    void start() throws IOException {
        fake = new FakeMoor();
        moor = new Moor(Settings.from(fake.variables()));
        visitor = fake.visitor();
    }

    @AfterEach
    void stop() {
        fake.close();
    }

    /** A request that uses the session before its headers. Returns the headers. */
    private Map<String, List<String>> does(Consumer<MoorSession> work) {
        MoorSession session = moor.session(visitor.handoff(), "/");
        work.accept(session);
        return commit(session);
    }

    private Map<String, List<String>> commit(MoorSession session) {
        Map<String, List<String>> headers = new HashMap<>();
        session.commit(0, (name, value) -> headers.computeIfAbsent(name, key -> new ArrayList<>()).add(value));
        visitor.apply(headers);
        return headers;
    }

    @Test
    @DisplayName("keeps values, and sends the ones that changed alone")
    void keepsValues() {
        does(session -> {
            session.set("a", 1);
            session.set("b", new java.util.Date(5));
        });
        Map<String, List<String>> headers = does(session -> {
            assertFalse(session.isNew());
            assertEquals(new java.util.Date(5), session.get("b"));
            session.set("a", 2);
        });
        assertEquals(Map.of("Moor-Patch", List.of("{\"a\":2}")), headers);
    }

    @Test
    @DisplayName("sends nothing for a session that was only read")
    void readsOnly() {
        does(session -> session.set("b", new java.util.Date(5)));
        assertEquals(Map.of(), does(session -> session.get("b")));
    }

    @Test
    @DisplayName("notices a change inside a value that was not set again")
    void noticesChanges() {
        does(session -> session.set("basket", new HashMap<>(Map.of("apples", 2, "pears", 1))));
        does(session -> {
            @SuppressWarnings("unchecked")
            Map<String, Object> basket = (Map<String, Object>) session.get("basket");
            basket.put("apples", 3);
            basket.remove("pears");
        });
        assertEquals(Map.of("basket", Map.of("apples", 3)), visitor.attributes());
    }

    @Test
    @DisplayName("logs a user in, whose name need not be ASCII, and keeps the values")
    void logsIn() {
        does(session -> session.set("a", 1));
        does(session -> session.login("Zoë@5%*~ +"));
        assertEquals("Zo%C3%AB@5%25*~%20+", visitor.principal());
        does(session -> assertEquals("Zoë@5%*~ +", session.principal()));
        assertEquals(1, visitor.generation());
        assertEquals(Map.of("a", 1), visitor.attributes());
        for (String user : List.of("", "x".repeat(257))) {
            does(session -> {
                MoorException fault = assertThrows(MoorException.class, () -> session.login(user));
                assertEquals(Code.PRINCIPAL_MALFORMED, fault.code());
            });
        }
    }

    @Test
    @DisplayName("ends a session; with a new value it is rotated, and has that value alone")
    void ends() {
        does(session -> session.set("a", new HashMap<>(Map.of("b", 1))));
        does(session -> {
            session.end();
            session.set("a", new HashMap<>(Map.of("c", 1)));
        });
        assertEquals(Map.of("a", Map.of("c", 1)), visitor.attributes());
        assertEquals(1, visitor.generation());
        assertEquals(Map.of("Moor-End", List.of("1")), does(MoorSession::end));
        does(session -> assertTrue(session.isNew()));
    }

    @Test
    @DisplayName("stores large changes by the session API, and reads them from there")
    void large() {
        does(session -> session.set("a", 1));
        Map<String, List<String>> headers = does(session -> session.set("large", "x".repeat(40_000)));
        assertEquals(Map.of("Moor-Version", List.of("2")), headers);
        does(session -> assertEquals(40_000, ((String) session.get("large")).length()));
    }

    @Test
    @DisplayName("sends a large first change by headers, up to 16 KiB")
    void largeFirst() {
        MoorSession session = moor.session(visitor.handoff(), "/");
        session.set("large", "x".repeat(17_000));
        assertEquals(Code.CHANGE_TOO_LARGE, assertThrows(MoorException.class, () -> commit(session)).code());
        does(first -> first.set("large", "x".repeat(16_000)));
        assertEquals(16_000, ((String) visitor.attributes().get("large")).length());
    }

    @Test
    @DisplayName("stores a change after the headers, but not beside a rotation")
    void late() {
        does(session -> session.set("a", 1));
        MoorSession session = moor.session(visitor.handoff(), "/");
        commit(session);
        session.set("late", true);
        session.store();
        assertEquals(Map.of("a", 1, "late", true), visitor.attributes());

        MoorSession rotated = moor.session(visitor.handoff(), "/");
        rotated.rotate();
        commit(rotated);
        rotated.set("later", true);
        assertEquals(Code.SESSION_OVER, assertThrows(MoorException.class, rotated::store).code());
    }

    @Test
    @DisplayName("gives a request without a handoff an empty session that is not stored")
    void withoutHandoff() {
        MoorSession session = moor.session(null, "/health");
        assertNull(session.id());
        assertTrue(session.isNew());
        session.set("a", 1);
        assertEquals(Map.of(), commit(session));
        session.set("a", 1);
        session.store();
    }

    static Stream<Map<String, Object>> refused() {
        long now = java.time.Instant.now().getEpochSecond();
        return Stream.of(
                Map.of("iss", "https://other.test"), Map.of("aud", "other"), Map.of("exp", now - 18), Map.of("iat", now + 20));
    }

    @ParameterizedTest
    @MethodSource("refused")
    @DisplayName("refuses a handoff that is not for this server, or not for this time")
    void refuses(Map<String, Object> claims) {
        String handoff = fake.handoff(claims);
        assertEquals(403, assertThrows(MoorException.class, () -> moor.session(handoff, "/")).code().status());
    }

    @Test
    @DisplayName("refuses a handoff that another key has signed")
    void refusesForgery() throws IOException {
        try (FakeMoor other = new FakeMoor()) {
            String handoff = other.handoff(Map.of());
            assertEquals(
                    Code.HANDOFF_UNTRUSTED,
                    assertThrows(MoorException.class, () -> moor.session(handoff, "/")).code());
        }
    }

    @Test
    @DisplayName("tells that Moor is out of reach, and never shows an empty session")
    void unavailable() {
        String handoff = visitor.handoff();
        fake.close();
        assertEquals(
                Code.KEYS_UNAVAILABLE,
                assertThrows(MoorException.class, () -> moor.session(handoff, "/")).code());
    }

    @Test
    @DisplayName("does not start with settings out of their bounds")
    void settings() {
        for (Map<String, String> variables : List.of(
                Map.<String, String>of(), Map.of("MOOR_ISSUER", "shop.test", "MOOR_AUDIENCE", "app"),
                Map.of("MOOR_ISSUER", "https://shop.test"))) {
            assertThrows(IllegalArgumentException.class, () -> Settings.from(variables));
        }
    }
}
