package moor.session;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moor.session.MoorException.Code;

/**
 * Attributes of Moor for values of Java. A value travels as JSON if JSON brings it back as it was: texts, booleans,
 * numbers whose type JSON keeps, hash maps and array lists of them. Every other value travels as the tagged base64 of
 * Java's serialization.
 */
final class Values {
    private static final String TAG = "$java";
    /** How deep a value may nest as JSON: Moor takes 32 levels of a patch. */
    private static final int LEVELS = 30;
    /** JSON numbers are exact up to here, in every language. */
    private static final long EXACT = 1L << 53;

    private final ObjectInputFilter classes;

    Values(ObjectInputFilter classes) {
        this.classes = classes;
    }

    /** @throws MoorException VALUE_UNFIT if a part of the value is not serializable. */
    Object encode(Object value) {
        return isPlain(value, 0) ? copy(value) : Map.of(TAG, Base64.getEncoder().encodeToString(serialized(value)));
    }

    /**
     * A value that the caller may change: the attribute stays as it is.
     *
     * @throws MoorException VALUE_UNFIT if a class of the value is missing or refused.
     */
    Object decode(Object attribute) {
        byte[] bytes = taggedBytes(attribute);
        return bytes == null ? copy(attribute) : deserialized(bytes);
    }

    /** Whether an attribute still stands for a value that was decoded from it, and that its user may have changed inside. */
    boolean isUnchanged(Object attribute, Object value) {
        byte[] before = taggedBytes(attribute);
        if ((before == null) != isPlain(value, 0)) return false;
        if (before == null) return attribute.equals(value);
        byte[] after = serialized(value);
        // A class may serialize a value that was read in other bytes than the value that was first written.
        return Arrays.equals(before, after) || Arrays.equals(serialized(deserialized(before)), after);
    }

    private static boolean isPlain(Object value, int level) {
        if (value instanceof Boolean || value instanceof Integer) return true;
        if (value instanceof String text) return isUnicode(text);
        if (value instanceof Long whole) return whole != whole.intValue() && Math.abs(whole) <= EXACT;
        // JSON of other languages writes 5.0 as 5, which would come back as an Integer.
        if (value instanceof Double part) return Double.isFinite(part) && part != Math.rint(part);
        if (value == null || level >= LEVELS) return false;
        if (value.getClass() == ArrayList.class) {
            return ((List<?>) value).stream().allMatch(item -> item == null || isPlain(item, level + 1));
        }
        boolean isHashMap = value.getClass() == LinkedHashMap.class || value.getClass() == HashMap.class;
        return isHashMap && isPlainMap((Map<?, ?>) value, level);
    }

    private static boolean isPlainMap(Map<?, ?> map, int level) {
        for (Map.Entry<?, ?> member : map.entrySet()) {
            // A merge patch reads null as a removal.
            boolean isNamed = member.getKey() instanceof String name && isUnicode(name);
            if (!isNamed || !isPlain(member.getValue(), level + 1)) return false;
        }
        // The input of a visitor must not become a tagged value.
        return map.size() != 1 || !((String) map.keySet().iterator().next()).startsWith("$");
    }

    /** Whether the text has no half of a pair of surrogates, which UTF-8 cannot carry. */
    private static boolean isUnicode(String text) {
        return text.codePoints().noneMatch(point -> point >= 0xd800 && point <= 0xdfff);
    }

    private static Object copy(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((name, member) -> copy.put(name, copy(member)));
            return copy;
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>(list.size());
            list.forEach(item -> copy.add(copy(item)));
            return copy;
        }
        return value;
    }

    /** The bytes of a tagged attribute; null if the attribute is not tagged. */
    private static byte[] taggedBytes(Object attribute) {
        boolean isTagged = attribute instanceof Map<?, ?> map && map.size() == 1 && map.get(TAG) instanceof String;
        if (!isTagged) return null;
        try {
            return Base64.getDecoder().decode((String) ((Map<?, ?>) attribute).get(TAG));
        } catch (IllegalArgumentException cause) {
            throw new MoorException(Code.VALUE_UNFIT, "a tagged value is not base64", cause);
        }
    }

    private static byte[] serialized(Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        } catch (IOException cause) {
            throw new MoorException(Code.VALUE_UNFIT, "a value is not serializable: " + cause.getMessage(), cause);
        }
        return bytes.toByteArray();
    }

    private Object deserialized(byte[] bytes) {
        try (ObjectInputStream in = new ApplicationStream(new ByteArrayInputStream(bytes))) {
            in.setObjectInputFilter(classes);
            return in.readObject();
        } catch (IOException | ClassNotFoundException cause) {
            throw new MoorException(Code.VALUE_UNFIT, "a value cannot be read: " + cause.getMessage(), cause);
        }
    }

    /** Finds the classes of the application, which a server loads apart from this library. */
    private static final class ApplicationStream extends ObjectInputStream {
        private final ClassLoader loader = Thread.currentThread().getContextClassLoader();

        ApplicationStream(InputStream in) throws IOException {
            super(in);
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass described) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(described.getName(), false, loader);
            } catch (ClassNotFoundException missing) {
                // It knows the names of primitive types, and the classes beside this library.
                return super.resolveClass(described);
            }
        }

        @Override
        protected Class<?> resolveProxyClass(String[] names) throws IOException, ClassNotFoundException {
            Class<?>[] interfaces = new Class<?>[names.length];
            for (int i = 0; i < names.length; i++) interfaces[i] = Class.forName(names[i], false, loader);
            @SuppressWarnings("deprecation")
            Class<?> proxy = Proxy.getProxyClass(loader, interfaces);
            return proxy;
        }
    }
}
