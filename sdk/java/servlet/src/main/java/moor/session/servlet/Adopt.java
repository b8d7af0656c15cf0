package moor.session.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.Reader;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moor.session.Json;
import moor.session.OldValues;
import moor.session.Questions;
import moor.session.Questions.Question;
import moor.session.Questions.Refused;

/**
 * The endpoint by which an application that keeps its sessions by itself tells Moor who a visitor is, so that living sessions move
 * in. It answers only questions that Moor has signed.
 */
public final class Adopt {
    /** The attribute of an old session with the version of the attributes that have come back from Moor. */
    private static final String VERSION = "moorVersion";
    /** The filter for Moor's own sessions keeps the time of their creation here. Names with a dollar are its own. */
    private static final String CREATED = "$created";
    /** An id with at least 96 random bits, also if it is written in hexadecimal digits. */
    private static final String RANDOM_ID = "[A-Za-z0-9_-]{24,256}";
    /** How long Moor may expect a session to live that never ends by itself. */
    private static final Duration LIFE = Duration.ofDays(1);

    private final OldSessions sessions;
    private final Questions questions;
    private final OldValues values;

    /**
     * @param settings {@code MOOR_APPLICATION}: {@code adopt[].from} of Moor's configuration; {@code MOOR_ISSUER} and
     *     {@code MOOR_CONFIRM_KEYS}, as Moor has them; {@code MOOR_CLASSES}, as in {@link moor.session.Settings#from}; {@code
     *     MOOR_READER_ISSUERS}: the addresses of further Moors that may only read, for example of a staging, separated by spaces or commas; they
     *     end and change no session
     * @throws IllegalArgumentException if another setting is missing or has another form
     */
    public Adopt(OldSessions sessions, Map<String, String> settings) {
        this.sessions = sessions;
        questions = new Questions(
                settings.get("MOOR_APPLICATION"),
                settings.get("MOOR_ISSUER"),
                settings.get("MOOR_READER_ISSUERS"),
                settings.get("MOOR_CONFIRM_KEYS"));
        values = new OldValues(settings.get("MOOR_CLASSES"));
    }

    /** Answers a request to the endpoint. */
    public void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        try {
            String method = request.getMethod();
            // Attributes are too long for a header.
            String text = method.equals("PUT") ? bodyOf(request) : request.getHeader("Moor-Adopt");
            Question question = questions.open(method, text);
            if (question.isForbidden()) {
                send(response, 403, "application/jwt", questions.answer(question, 403, Map.of()));
                return;
            }
            Map<String, Object> session =
                    switch (method) {
                        case "GET" -> tell(request, question);
                        case "PUT" -> bringBack(question);
                        case "DELETE" -> end(question);
                        default -> throw new Refused("it cannot be answered: " + method);
                    };
            int status = session == null ? 401 : 200;
            String answer = questions.answer(question, status, session == null ? Map.of() : session);
            send(response, status, "application/jwt", answer);
        } catch (Refused refused) {
            send(response, 403, "text/plain", "moor-adopt: " + refused.getMessage());
        }
    }

    /** The visitor's session; null: the visitor has none. */
    private Map<String, Object> tell(HttpServletRequest request, Question question) {
        OldSession session = sessions.of(request);
        if (session == null) return null;
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (String name : session.names()) {
            if (isOwn(name)) continue;
            values.encode(name, session.get(name)).ifPresent(attribute -> attributes.put(name, attribute));
        }
        String user = session.user();
        if (attributes.isEmpty() && user == null) return null;
        attributes.put(CREATED, session.createdAt().toEpochMilli());
        Map<String, Object> claims = new HashMap<>();
        if (session.id().matches(RANDOM_ID)) claims.put("id", session.id());
        if (user != null) claims.put("principal", OldValues.principalOf(user));
        boolean isTooLarge = Json.utf8Length(attributes) > question.mostBytes();
        claims.put(isTooLarge ? "tooLarge" : "attributes", isTooLarge ? true : attributes);
        Duration life = session.maxInactive().compareTo(Duration.ZERO) > 0 ? session.maxInactive() : LIFE;
        claims.put("expiresAt", Instant.now().plus(life).getEpochSecond());
        return claims;
    }

    /** Gives a session the values that it has at Moor, unless it has them already; null: there is no such session. */
    private Map<String, Object> bringBack(Question question) {
        OldSession session = sessions.find(question.id());
        if (session == null) return null;
        // No change has come back yet to a session without a version. With version 0 Moor only asks whether the session lives.
        int stored = session.get(VERSION) instanceof Integer version ? version : 0;
        if (question.version() <= stored) return Map.of();
        Map<String, Object> attributes = question.attributes();
        for (String name : List.copyOf(session.names())) {
            // A value that could not move has stayed here.
            boolean couldMove = !isOwn(name) && values.encode(name, session.get(name)).isPresent();
            if (couldMove && !attributes.containsKey(name)) session.set(name, null);
        }
        attributes.forEach((name, attribute) -> {
            if (!isOwn(name)) values.decode(name, attribute).ifPresent(value -> session.set(name, value));
        });
        session.set(VERSION, question.version());
        session.save();
        return Map.of();
    }

    private Map<String, Object> end(Question question) {
        OldSession session = sessions.find(question.id());
        if (session != null) session.end();
        return Map.of();
    }

    private static boolean isOwn(String name) {
        return name.startsWith("$") || name.equals(VERSION);
    }

    private static String bodyOf(HttpServletRequest request) throws IOException, Refused {
        StringBuilder body = new StringBuilder();
        char[] part = new char[8_192];
        Reader reader = request.getReader();
        for (int read; (read = reader.read(part)) >= 0; ) {
            body.append(part, 0, read);
            if (body.length() > Questions.MOST_CHARACTERS) throw new Refused("it is too long");
        }
        return body.toString();
    }

    private static void send(HttpServletResponse response, int status, String type, String body) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.getWriter().write(body);
    }
}
