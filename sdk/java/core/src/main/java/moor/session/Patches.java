package moor.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merge patches (RFC 7396), and the header lines that carry them. */
final class Patches {
    /** nginx in front of an application refuses more header bytes by default. */
    static final int HEADER_BYTES = 4_096;
    /** Moor takes so many bytes of {@code Moor-Patch} headers in one response. */
    static final int PATCH_BYTES = 16_384;

    private Patches() {}

    /**
     * The smallest merge patch that turns one object into the other. It leaves out unchanged members, so that the changes of
     * other requests to them survive.
     */
    static Map<String, Object> difference(Map<?, ?> before, Map<?, ?> after) {
        Map<String, Object> patch = new LinkedHashMap<>();
        for (Object name : before.keySet()) {
            if (!after.containsKey(name)) patch.put((String) name, null);
        }
        after.forEach((name, value) -> {
            Object old = before.get(name);
            if (old instanceof Map<?, ?> oldObject && value instanceof Map<?, ?> object) {
                Map<String, Object> inner = difference(oldObject, object);
                if (!inner.isEmpty()) patch.put((String) name, inner);
            } else if (!value.equals(old)) {
                patch.put((String) name, value);
            }
        });
        return patch;
    }

    /** Lines below 4,096 bytes where the attributes allow it. */
    static List<String> lines(List<Map<String, Object>> patches) {
        List<String> lines = new ArrayList<>();
        for (Map<String, Object> patch : patches) {
            StringBuilder line = new StringBuilder();
            for (Map.Entry<String, Object> member : patch.entrySet()) {
                String text = Json.write(member.getKey()) + ":" + Json.write(member.getValue());
                if (line.length() > 0 && line.length() + text.length() + ",{}".length() >= HEADER_BYTES) {
                    lines.add("{" + line + "}");
                    line.setLength(0);
                }
                line.append(line.length() > 0 ? "," : "").append(text);
            }
            lines.add("{" + line + "}");
        }
        return lines;
    }

    /** The bytes of the header lines with these patches. */
    static int headerBytes(List<String> lines) {
        return lines.stream().mapToInt(line -> "Moor-Patch: ".length() + line.length() + "\r\n".length()).sum();
    }

    /** The bytes of these patches as Moor counts them: a comma and a space join the header lines. */
    static int patchBytes(List<String> lines) {
        return String.join(", ", lines).length();
    }
}
