package moor.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON (RFC 8259), so that an application needs no further library. An object is a {@link LinkedHashMap}, an array an
 * {@link ArrayList}. A number is the smallest of {@link Integer}, {@link Long} and {@link Double} that holds it.
 */
public final class Json {
    /** Deeper text is refused: text of a stranger must not exhaust the stack. */
    private static final int LEVELS = 200;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** @throws IllegalArgumentException if the text is not JSON, or nests deeper than 200 levels. */
    public static Object parse(String text) {
        Json json = new Json(text);
        Object value = json.value(0);
        json.skipSpace();
        if (json.at != text.length()) throw json.unexpected();
        return value;
    }

    /** @throws IllegalArgumentException if the text is not a JSON object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> parseObject(String text) {
        if (parse(text) instanceof Map<?, ?> object) return (Map<String, Object>) object;
        throw new IllegalArgumentException("the text is not a JSON object");
    }

    /** JSON in visible ASCII and spaces, fit for a header. Takes the types that {@link #parse} makes, and any map or list. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, true);
        return out.toString();
    }

    /** The length of the JSON in bytes of UTF-8, by which Moor counts attributes. */
    public static int utf8Length(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, false);
        return out.toString().getBytes(StandardCharsets.UTF_8).length;
    }

    /** @param inAscii whether other characters are escaped, or else only those that JSON must escape, as by JSON.stringify */
    private static void write(StringBuilder out, Object value, boolean inAscii) {
        if (value instanceof String string) {
            writeString(out, string, inAscii);
        } else if (value instanceof Map<?, ?> object) {
            String separator = "{";
            for (Map.Entry<?, ?> member : object.entrySet()) {
                writeString(out.append(separator), (String) member.getKey(), inAscii);
                write(out.append(':'), member.getValue(), inAscii);
                separator = ",";
            }
            out.append(object.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> array) {
            String separator = "[";
            for (Object item : array) {
                write(out.append(separator), item, inAscii);
                separator = ",";
            }
            out.append(array.isEmpty() ? "[]" : "]");
        } else {
            out.append(value);
        }
    }

    private static void writeString(StringBuilder out, String string, boolean inAscii) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char unit = string.charAt(i);
            int escape = "\"\\\b\f\n\r\t".indexOf(unit);
            if (escape >= 0) out.append('\\').append("\"\\bfnrt".charAt(escape));
            else if (unit >= 0x20 && (unit < 0x7f || !inAscii)) out.append(unit);
            else out.append(String.format("\\u%04x", (int) unit));
        }
        out.append('"');
    }

    private Object value(int level) {
        if (level > LEVELS) throw unexpected();
        skipSpace();
        return switch (peek()) {
            case '{' -> object(level);
            case '[' -> array(level);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object(int level) {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (take('}')) return members;
        do {
            skipSpace();
            if (peek() != '"') throw unexpected();
            String name = string();
            skipSpace();
            if (!take(':')) throw unexpected();
            members.put(name, value(level + 1));
            skipSpace();
        } while (take(','));
        if (!take('}')) throw unexpected();
        return members;
    }

    private List<Object> array(int level) {
        List<Object> items = new ArrayList<>();
        at++;
        skipSpace();
        if (take(']')) return items;
        do {
            items.add(value(level + 1));
            skipSpace();
        } while (take(','));
        if (!take(']')) throw unexpected();
        return items;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        at++;
        while (!take('"')) {
            char unit = next();
            if (unit < 0x20) throw unexpected();
            out.append(unit == '\\' ? escaped() : unit);
        }
        return out.toString();
    }

    private char escaped() {
        char unit = next();
        return switch (unit) {
            case '"', '\\', '/' -> unit;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(next(), 16);
                    if (digit < 0) throw unexpected();
                    code = code * 16 + digit;
                }
                yield (char) code;
            }
            default -> throw unexpected();
        };
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) throw unexpected();
        at += word.length();
        return value;
    }

    private Number number() {
        int from = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
        String number = text.substring(from, at);
        if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) throw unexpected();
        if (number.matches("-?[0-9]{1,18}")) {
            long whole = Long.parseLong(number);
            if (whole == (int) whole) return (int) whole;
            return whole;
        }
        return Double.parseDouble(number);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private boolean take(char unit) {
        if (at >= text.length() || text.charAt(at) != unit) return false;
        at++;
        return true;
    }

    private char peek() {
        if (at >= text.length()) throw unexpected();
        return text.charAt(at);
    }

    private char next() {
        char unit = peek();
        at++;
        return unit;
    }

    private IllegalArgumentException unexpected() {
        return new IllegalArgumentException("the text is not JSON at character " + at);
    }
}
