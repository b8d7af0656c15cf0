package moor.session;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import moor.session.MoorException.Code;

/** The session API ({@code /.moor/session}) for the session of a handoff. */
final class SessionApi {
    private final HttpClient client;
    private final URI url;
    private final String bearer;

    SessionApi(HttpClient client, String moorUrl, String handoff) {
        this.client = client;
        this.url = URI.create(moorUrl + "/.moor/session");
        this.bearer = "Bearer " + handoff;
    }

    /** A session as the API answers with it. */
    record Stored(long version, Map<String, Object> attributes) {}

    Stored read() {
        return stored(call("GET", BodyPublishers.noBody()));
    }

    /** Merges into the attributes (RFC 7396). */
    Stored patch(Map<String, Object> patch) {
        return stored(call("PATCH", BodyPublishers.ofString(Json.write(patch))));
    }

    /** Ends the session for good. */
    void end() {
        call("DELETE", BodyPublishers.noBody());
    }

    private String call(String method, BodyPublisher body) {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(Moor.PATIENCE)
                .header("Accept", "application/json")
                .header("Authorization", bearer)
                .header("Content-Type", "application/merge-patch+json")
                .method(method, body)
                .build();
        HttpResponse<String> response;
        try {
            response = client.send(request, BodyHandlers.ofString());
        } catch (InterruptedException cause) {
            Thread.currentThread().interrupt();
            throw new MoorException(Code.SESSION_UNAVAILABLE, "the call of the session API was interrupted", cause);
        } catch (IOException cause) {
            throw new MoorException(Code.SESSION_UNAVAILABLE, "the session API does not answer " + method, cause);
        }
        int status = response.statusCode();
        if (status == 200 || status == 204) return response.body();
        throw new MoorException(codeOf(status), "the session API answers " + method + " with " + status);
    }

    @SuppressWarnings("unchecked")
    private static Stored stored(String answer) {
        Map<String, Object> session;
        try {
            session = Json.parseObject(answer);
        } catch (IllegalArgumentException cause) {
            throw new MoorException(Code.SESSION_UNAVAILABLE, "the session API's answer is not JSON", cause);
        }
        if (session.get("version") instanceof Number version && session.get("attributes") instanceof Map<?, ?> found) {
            return new Stored(version.longValue(), (Map<String, Object>) found);
        }
        throw new MoorException(Code.SESSION_UNAVAILABLE, "the session API's answer is no session");
    }

    private static Code codeOf(int status) {
        return switch (status) {
            case 400, 401, 403, 413 -> Code.SESSION_REFUSED;
            case 409 -> Code.SESSION_NOT_STORED;
            case 410 -> Code.SESSION_OVER;
            default -> Code.SESSION_UNAVAILABLE;
        };
    }
}
