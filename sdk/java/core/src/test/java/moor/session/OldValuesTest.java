package moor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OldValuesTest {
    private final OldValues values = new OldValues(null);

    @Test
    @DisplayName("takes the removal of a value meanwhile, and an attribute that stands for null, for no value")
    void knowsNoNull() {
        assertEquals(Optional.empty(), values.encode("gone", null));
        Object standsForNull = new Values(Settings.filter(null)).encode(null);
        assertEquals(Optional.empty(), values.decode("null", standsForNull));
    }

    @Test
    @DisplayName("leaves out values and attributes that cannot move")
    void leavesOut() {
        assertEquals(Optional.empty(), values.encode("lock", new Object()));
        assertEquals(Optional.empty(), values.decode("broken", Map.of("$java", "AAAA")));
        assertEquals(Optional.of("text"), values.decode("name", "text"));
    }
}
