package moor.session;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * How a visitor has logged in at a provider, which Moor asked before the request reached this server.
 *
 * @param issuer the OpenID Connect provider; the principal is its {@code sub}
 * @param at the time at which Moor saw the login
 * @param authAt the time at which the provider saw the visitor prove who they are; null if it did not say
 * @param acr the method of the login in the provider's words; null if it did not say
 * @param amr the methods of the login; empty if the provider did not say
 * @param roles the roles of Moor's configuration that the visitor has
 * @param claims the claims that Moor's configuration names; empty if the pool sees only some attributes
 */
public record ProviderLogin(
        String issuer,
        Instant at,
        Instant authAt,
        String acr,
        List<String> amr,
        List<String> roles,
        Map<String, Object> claims) {
    /** The last second of the year 9999, because {@link Instant} does not take each long. */
    private static final long LAST_SECOND = 253_402_300_799L;

    /** Reads the claim {@code login} of a handoff; null if Moor cannot have written it. */
    @SuppressWarnings("unchecked")
    static ProviderLogin read(Object claim) {
        if (!(claim instanceof Map<?, ?> login)) return null;
        Object amr = login.containsKey("amr") ? login.get("amr") : List.of();
        Object claims = login.containsKey("claims") ? login.get("claims") : Map.of();
        boolean isRight = login.get("iss") instanceof String
                && isTime(login.get("at"))
                && areTexts(login.get("roles"))
                && areTexts(amr)
                && claims instanceof Map
                && (!login.containsKey("acr") || login.get("acr") instanceof String)
                && (!login.containsKey("auth_at") || isTime(login.get("auth_at")));
        if (!isRight) return null;
        return new ProviderLogin(
                (String) login.get("iss"),
                timeOf(login.get("at")),
                login.containsKey("auth_at") ? timeOf(login.get("auth_at")) : null,
                (String) login.get("acr"),
                List.copyOf((List<String>) amr),
                List.copyOf((List<String>) login.get("roles")),
                (Map<String, Object>) claims);
    }

    private static boolean isTime(Object value) {
        if (!(value instanceof Integer) && !(value instanceof Long)) return false;
        long seconds = ((Number) value).longValue();
        return seconds >= 0 && seconds <= LAST_SECOND;
    }

    private static boolean areTexts(Object value) {
        return value instanceof List<?> values && values.stream().allMatch(String.class::isInstance);
    }

    private static Instant timeOf(Object seconds) {
        return Instant.ofEpochSecond(((Number) seconds).longValue());
    }
}
