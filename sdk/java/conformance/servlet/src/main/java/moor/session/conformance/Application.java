package moor.session.conformance;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import moor.session.Json;
import moor.session.servlet.Exchange;

/** Answers the paths of the suite. */
public final class Application extends HttpServlet {
    private static final long serialVersionUID = 1;

    private record Point(int x, int y) implements Serializable {}

    private static Object nativeOf(String kind) {
        return switch (kind) {
            case "date" -> new Date(1_700_000_000_000L);
            case "bytes" -> new byte[] {0, -1, -2, -128};
            default -> new Point(1, 2);
        };
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        HttpSession session = isPlain(request) ? null : request.getSession(false);
        switch (request.getServletPath()) {
            case "/plain", "/health" -> answer(response, Map.of());
            case "/pid" -> {
                Object name = Objects.toString(System.getenv("NAME"));
                answer(response, Map.of("pid", (int) ProcessHandle.current().pid(), "name", name));
            }
            case "/read" -> answer(response, Map.of("attributes", attributesOf(session), "new", session == null));
            case "/native" -> {
                Object kept = session == null ? null : session.getAttribute("native");
                answer(response, Map.of("equal", Objects.deepEquals(kept, nativeOf(request.getParameter("kind")))));
            }
            case "/flash" -> {
                Map<String, Object> answer = new HashMap<>();
                answer.put("flash", session == null ? null : session.getAttribute("flash"));
                if (session != null) session.removeAttribute("flash");
                answer(response, answer);
            }
            default -> response.sendError(404);
        }
    }

    private static boolean isPlain(HttpServletRequest request) {
        return request.getServletPath().matches("/(plain|health|pid)");
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String key = query(request, "k");
        HttpSession session = request.getSession();
        Map<String, Object> answer = Map.of();
        switch (request.getServletPath()) {
            case "/set" -> session.setAttribute(key, Json.parse(body(request)));
            case "/delete" -> session.removeAttribute(key);
            case "/incr" -> {
                int value = session.getAttribute(key) instanceof Integer count ? count + 1 : 1;
                session.setAttribute(key, value);
                answer = Map.of("value", value);
            }
            case "/regenerate" -> request.changeSessionId();
            case "/login" -> {
                request.changeSessionId();
                Exchange.of(request).session().login(query(request, "user"));
                session.setAttribute("user", query(request, "user"));
            }
            case "/logout" -> session.invalidate();
            case "/clear-and-set" -> {
                session.invalidate();
                request.getSession().setAttribute(key, true);
            }
            case "/late" -> {
                response.getWriter().write("{");
                response.flushBuffer();
                session.setAttribute(key, true);
                response.getWriter().write("}");
                return;
            }
            case "/large" -> session.setAttribute(key, "x".repeat(Integer.parseInt(query(request, "bytes"))));
            case "/native" -> session.setAttribute("native", nativeOf(query(request, "kind")));
            case "/flash" -> session.setAttribute("flash", query(request, "m"));
            default -> response.sendError(404);
        }
        answer(response, answer);
    }

    private static Map<String, Object> attributesOf(HttpSession session) {
        Map<String, Object> attributes = new HashMap<>();
        if (session == null) return attributes;
        for (String name : Collections.list(session.getAttributeNames())) {
            Object value = session.getAttribute(name);
            boolean isJson = !(value instanceof Date || value instanceof byte[] || value instanceof Point);
            attributes.put(name, isJson ? value : value.toString());
        }
        return attributes;
    }

    /** A parameter of the query: the body of the request stays unread. */
    private static String query(HttpServletRequest request, String name) {
        for (String pair : Objects.toString(request.getQueryString(), "").split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts[0].equals(name)) return java.net.URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
        }
        return null;
    }

    private static String body(HttpServletRequest request) throws IOException {
        return new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static void answer(HttpServletResponse response, Map<String, Object> answer) throws IOException {
        response.setContentType("application/json");
        response.getWriter().write(Json.write(answer));
    }
}
