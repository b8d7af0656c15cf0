package moor.session;

import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import moor.session.MoorException.Code;

/** The Moor in front of this server. Make it once per process: it keeps Moor's public keys. */
public final class Moor {
    /** How long a call of Moor may take. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Settings settings;
    private final Clock clock;
    private final HttpClient client;
    private final Signatures signatures;
    private final Values values;

    public Moor(Settings settings) {
        this(settings, Clock.systemUTC());
    }

    Moor(Settings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        // A redirect could carry the handoff elsewhere: the client follows none. HTTP/1.1 needs no upgrade.
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        signatures = new Signatures(new KeySet(client, settings.url() + "/.moor/jwks.json", clock));
        values = new Values(settings.classes());
    }

    /**
     * The session of a request.
     *
     * @param handoff the request's header {@code Moor-Session}; null if the request has none
     * @param path the path that the log names when a change is dropped
     * @throws MoorException if the handoff is refused (HANDOFF_…), or if the keys or the attributes cannot be read
     */
    public MoorSession session(String handoff, String path) {
        if (handoff == null) return new MoorSession(null, null, new Attributes(values, Map.of()), path);
        Handoff verified = Handoff.verified(handoff, settings, signatures, clock.instant());
        SessionApi api = new SessionApi(client, settings.url(), handoff);
        Map<String, Object> attributes = verified.attributes() == null ? read(api) : verified.attributes();
        return new MoorSession(verified, api, new Attributes(values, attributes), path);
    }

    private static Map<String, Object> read(SessionApi api) {
        try {
            return api.read().attributes();
        } catch (MoorException cause) {
            throw new MoorException(Code.SESSION_UNAVAILABLE, "the attributes cannot be read", cause);
        }
    }

    /** A principal as Moor takes it. Bytes that are not visible ASCII, and each "%", are percent-encoded. */
    static String principalOf(String user) {
        StringBuilder principal = new StringBuilder();
        for (byte octet : user.getBytes(StandardCharsets.UTF_8)) {
            if (octet > 0x20 && octet < 0x7f && octet != '%') principal.append((char) octet);
            else principal.append(String.format("%%%02X", octet));
        }
        if (principal.isEmpty() || principal.length() > 256) {
            throw new MoorException(Code.PRINCIPAL_MALFORMED, "a principal is 1 to 256 visible ASCII characters");
        }
        return principal.toString();
    }

    /** The user of a principal. An origin without a drop-in may have sent a principal that is not percent-encoded. */
    static String userOf(String principal) {
        try {
            // A decoder of forms would take a plus for a space.
            return URLDecoder.decode(principal.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return principal;
        }
    }
}
