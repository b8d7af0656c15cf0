package moor.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ObjectInputFilter;
import java.io.Serializable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import moor.session.MoorException.Code;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ValuesTest {
    private final Values values = new Values(ObjectInputFilter.Config.createFilter("*"));

    record Point(int x, int y) implements Serializable {}

    private static HashMap<String, Object> hashMap(String name, Object member) {
        HashMap<String, Object> map = new HashMap<>();
        map.put(name, member);
        return map;
    }

    static Stream<Object> asJson() {
        ArrayList<Object> list = new ArrayList<>(Arrays.asList("a", 1, null, hashMap("b", 0.5)));
        return Stream.of("桃\r\n", true, 7, 3_000_000_000L, 0.25, list, hashMap("a", list), new HashMap<>());
    }

    static Stream<Object> tagged() {
        ArrayList<Object> deep = new ArrayList<>();
        for (int i = 0; i < 40; i++) deep = new ArrayList<>(List.of(deep));
        return Stream.of(
                5.0, Double.NaN, 1L, Long.MAX_VALUE, 1f, (short) 1, 'c', "\ud800", new Date(5), Instant.EPOCH, new Point(1, 2),
                List.of("a"), new TreeMap<>(Map.of("a", 1)), new HashSet<>(List.of("a")), deep,
                hashMap("a", null), hashMap("a", 1L), hashMap("$java", "rO0ABXA="), hashMap("$php", "Tzo"), Thread.State.NEW);
    }

    /** What Moor makes of an attribute on its way. */
    private static Object through(Object attribute) {
        return Json.parse(Json.write(attribute));
    }

    @ParameterizedTest
    @MethodSource("asJson")
    @DisplayName("brings a value back as JSON")
    void json(Object value) {
        Object attribute = values.encode(value);
        assertEquals(value, attribute);
        assertSame(value, values.decode(through(attribute)));
    }

    @ParameterizedTest
    @MethodSource("tagged")
    @DisplayName("brings a value back whose type JSON loses")
    void serialized(Object value) {
        Object attribute = values.encode(value);
        assertEquals(List.of("$java"), List.copyOf(((Map<?, ?>) attribute).keySet()));
        assertSame(value, values.decode(through(attribute)));
    }

    private static void assertSame(Object value, Object found) {
        assertEquals(value, found);
        assertTrue(value.getClass().isInstance(found), found.getClass() + " is no " + value.getClass());
    }

    @Test
    @DisplayName("brings bytes back")
    void bytes() {
        byte[] bytes = {0, -1, -2};
        assertArrayEquals(bytes, (byte[]) values.decode(through(values.encode(bytes))));
    }

    @ParameterizedTest
    @MethodSource({"asJson", "tagged"})
    @DisplayName("knows that a value is as it was read")
    void unchanged(Object value) {
        Object attribute = through(values.encode(value));
        assertTrue(values.isUnchanged(attribute, values.decode(attribute)));
    }

    @Test
    @DisplayName("notices a change inside a value, of either kind")
    void changed() {
        Object attribute = values.encode(hashMap("a", 1));
        @SuppressWarnings("unchecked")
        Map<String, Object> map = (Map<String, Object>) values.decode(attribute);
        map.put("a", 2);
        assertFalse(values.isUnchanged(attribute, map));
        Object date = values.encode(new Date(1));
        Date live = (Date) values.decode(date);
        live.setTime(2);
        assertFalse(values.isUnchanged(date, live));
        assertFalse(values.isUnchanged(date, 1));
        assertFalse(values.isUnchanged(1, new Date(1)));
    }

    @Test
    @DisplayName("does not read a value with the tag of another language")
    void foreign() {
        Map<String, Object> foreign = hashMap("$php", "TzowOiIiOjA6e30=");
        assertEquals(foreign, values.decode(foreign));
    }

    @Test
    @DisplayName("reads no class that the filter refuses, and no damaged value")
    void filtered() {
        Values strict = new Values(ObjectInputFilter.Config.createFilter("java.base/*;!*"));
        assertEquals(new Date(1), strict.decode(values.encode(new Date(1))));
        Object point = values.encode(new Point(1, 2));
        assertEquals(Code.VALUE_UNFIT, assertThrows(MoorException.class, () -> strict.decode(point)).code());
        for (String damaged : List.of("AAAA", "?")) {
            Map<String, Object> attribute = hashMap("$java", damaged);
            assertEquals(Code.VALUE_UNFIT, assertThrows(MoorException.class, () -> values.decode(attribute)).code());
        }
    }

    @Test
    @DisplayName("refuses a value with a part that is not serializable")
    void unserializable() {
        ArrayList<Object> list = new ArrayList<>(List.of(new Object()));
        assertEquals(Code.VALUE_UNFIT, assertThrows(MoorException.class, () -> values.encode(list)).code());
    }
}
