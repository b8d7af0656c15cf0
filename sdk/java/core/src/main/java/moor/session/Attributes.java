package moor.session;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The attributes of a session, as an application changes them. A value is decoded when it is first asked for. */
final class Attributes {
    private final Values values;
    /** The attributes as Moor knows them, with the changes on their way. */
    private Map<String, Object> stored;
    /** The values that were asked for or set. */
    private final Map<String, Object> live = new HashMap<>();
    private final Set<String> removed = new HashSet<>();
    private boolean isCleared;
    /** The attributes before headers that have not left yet took changes of them; null: no headers have. */
    private Map<String, Object> beforeHeaders;

    private boolean wasCleared;

    Attributes(Values values, Map<String, Object> stored) {
        this.values = values;
        this.stored = stored;
    }

    /** The value of an attribute, or null. */
    Object get(String name) {
        if (live.containsKey(name)) return live.get(name);
        if (!stored.containsKey(name) || removed.contains(name)) return null;
        Object value = values.decode(stored.get(name));
        live.put(name, value);
        return value;
    }

    Set<String> names() {
        Set<String> names = new TreeSet<>(stored.keySet());
        names.removeAll(removed);
        names.addAll(live.keySet());
        return names;
    }

    void set(String name, Object value) {
        removed.remove(name);
        live.put(name, value);
    }

    void remove(String name) {
        removed.add(name);
        live.remove(name);
    }

    /** Removes everything. After that, all attributes are sent, also an attribute that is as it was. */
    void clear() {
        live.clear();
        removed.addAll(stored.keySet());
        isCleared = true;
    }

    /** The attributes as they are now. */
    Map<String, Object> after() {
        Map<String, Object> after = new LinkedHashMap<>();
        for (String name : names()) {
            Object before = stored.get(name);
            boolean isAsStored = !live.containsKey(name) || (before != null && values.isUnchanged(before, live.get(name)));
            after.put(name, isAsStored ? before : values.encode(live.get(name)));
        }
        return after;
    }

    /** The merge patches that lead to these attributes, to be applied in order. */
    List<Map<String, Object>> changesTo(Map<String, Object> after) {
        // Moor may carry a rotation out in a session that begins empty, so all of it is sent.
        List<Map<String, Object>> patches = isCleared
                ? List.of(Patches.difference(stored, Map.of()), after)
                : List.of(Patches.difference(stored, after));
        return patches.stream().filter(patch -> !patch.isEmpty()).toList();
    }

    /** These attributes are on headers, which the server may still throw away: see {@link #takeBack}. */
    void putOnHeaders(Map<String, Object> after) {
        if (beforeHeaders == null) beforeHeaders = stored;
        wasCleared = wasCleared || isCleared;
        sent(after);
    }

    boolean areOnHeaders() {
        return beforeHeaders != null;
    }

    /** The headers were thrown away: the changes that they carried are changes again. */
    void takeBack() {
        if (beforeHeaders == null) return;
        Set<String> names = names();
        removed.addAll(beforeHeaders.keySet());
        removed.removeAll(names);
        stored = beforeHeaders;
        isCleared = wasCleared;
        beforeHeaders = null;
        wasCleared = false;
    }

    /** These attributes are on their way. */
    void sent(Map<String, Object> after) {
        stored = after;
        removed.clear();
        isCleared = false;
    }
}
