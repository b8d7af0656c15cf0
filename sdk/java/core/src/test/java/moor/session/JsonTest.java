package moor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    @DisplayName("reads every kind of value")
    void readsValues() {
        Object expected = Map.of(
                "text", "a\"\\/\b\f\n\r\té",
                "list", new ArrayList<>(Arrays.asList(1, -2, 3_000_000_000L, 0.5, 1e300, true, false, null)),
                "empty", Map.of("a", List.of()));
        String text = " { \"text\" : \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\", "
                + "\"list\":[1,-2,3000000000,0.5,1e+300,true,false,null],\"empty\":{\"a\":[ ]} } ";
        assertEquals(expected, Json.parse(text));
    }

    @Test
    @DisplayName("writes ASCII that it reads again")
    void writesAscii() {
        Map<String, Object> value = Map.of("Größe 🍑", new ArrayList<>(Arrays.asList("\r\n\u0000\u007f\u2028", 1, null)));
        String text = Json.write(value);
        assertEquals(text, text.replaceAll("[^\\x20-\\x7e]", ""));
        assertEquals(value, Json.parse(text));
    }

    @Test
    @DisplayName("counts the bytes of UTF-8 as JSON.stringify of JavaScript writes them")
    void countsBytes() {
        assertEquals("{\"Größe\":[\"🍑/<\\n\\u0001\\\"\\\\\u007f\u2028\",1.5,null]}".getBytes(StandardCharsets.UTF_8).length,
                Json.utf8Length(Map.of("Größe", Arrays.asList("🍑/<\n\u0001\"\\\u007f\u2028", 1.5, null))));
    }

    @ParameterizedTest
    @DisplayName("refuses text that is not JSON")
    @ValueSource(
            strings = {
                "", "{", "[1,]", "{\"a\":}", "{a:1}", "01", "1.", "+1", "--1", "nul", "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\n\"",
                "1 2", "{} x", "NaN"
            })
    void refuses(String text) {
        assertThrows(IllegalArgumentException.class, () -> Json.parse(text));
    }

    @Test
    @DisplayName("refuses text that nests too deep for the stack")
    void refusesDepth() {
        assertThrows(IllegalArgumentException.class, () -> Json.parse("[".repeat(1_000_000)));
    }
}
