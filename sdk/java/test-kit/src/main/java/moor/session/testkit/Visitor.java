package moor.session.testkit;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import moor.session.Json;

/**
 * A visitor with a session. Send {@link #handoff} as the header {@code Moor-Session} of each request, and give the headers of the
 * response to {@link #apply}.
 */
public final class Visitor {
    /** Larger attributes do not travel in the handoff. */
    private static final int DATA_BYTES = 2_048;

    private final FakeMoor moor;
    private String id;
    private String principal;
    private long version;
    private long generation;
    private Map<String, Object> attributes = new LinkedHashMap<>();

    Visitor(FakeMoor moor) {
        this.moor = moor;
    }

    /** The header of the next request. */
    public synchronized String handoff() {
        Map<String, Object> claims = new HashMap<>(Map.of("gen", generation, "ver", version));
        claims.put("sub", principal);
        if (id != null) {
            claims.put("sid", id);
            claims.put("new", null);
            claims.put("data", Json.write(attributes).length() <= DATA_BYTES ? attributes : null);
        }
        String handoff = moor.handoff(claims);
        moor.remember(handoff, this);
        return handoff;
    }

    /** Applies the changes that a response asks for, by its headers of these names. */
    public synchronized void apply(Map<String, ? extends List<String>> headers) {
        Map<String, List<String>> asked = new HashMap<>();
        headers.forEach((name, values) -> asked.put(String.valueOf(name).toLowerCase(Locale.ROOT), values));
        if (asked.containsKey("moor-end")) {
            end();
            return;
        }
        List<String> user = asked.get("moor-principal");
        if (user != null && principal != null && !principal.equals(user.get(0))) end();
        List<String> patches = asked.getOrDefault("moor-patch", List.of());
        patches.forEach(patch -> merge(attributes, Json.parseObject(patch)));
        boolean rotates = user != null || asked.containsKey("moor-rotate");
        if (user != null) principal = user.get(0);
        if (rotates) generation++;
        if (rotates || !patches.isEmpty()) {
            version++;
            if (id == null) id = UUID.randomUUID().toString().replace("-", "").substring(0, 22);
        }
    }

    /** The attributes, as JSON has them. */
    public synchronized Map<String, Object> attributes() {
        return Map.copyOf(attributes);
    }

    /** The user who is logged in, or null. */
    public synchronized String principal() {
        return principal;
    }

    /** Goes up with each login and rotation. */
    public synchronized long generation() {
        return generation;
    }

    /** A call of the session API. Returns the session, or null if it is not stored. */
    synchronized Map<String, Object> call(String method, String body) {
        if (id == null) return null;
        Map<String, Object> session = new HashMap<>(Map.of("id", id, "generation", generation));
        if (method.equals("PATCH")) {
            merge(attributes, Json.parseObject(body));
            version++;
        }
        session.put("version", version);
        session.put("attributes", attributes);
        if (method.equals("DELETE")) end();
        return session;
    }

    private void end() {
        id = null;
        principal = null;
        version = 0;
        generation = 0;
        attributes = new LinkedHashMap<>();
    }

    /** Applies a merge patch (RFC 7396). */
    @SuppressWarnings("unchecked")
    private static void merge(Map<String, Object> target, Map<String, Object> patch) {
        patch.forEach((name, value) -> {
            if (value == null) {
                target.remove(name);
            } else if (value instanceof Map<?, ?> inner) {
                Map<String, Object> merged = target.get(name) instanceof Map<?, ?> old
                        ? new LinkedHashMap<>((Map<String, Object>) old)
                        : new LinkedHashMap<>();
                merge(merged, (Map<String, Object>) inner);
                target.put(name, merged);
            } else {
                target.put(name, value);
            }
        });
    }
}
