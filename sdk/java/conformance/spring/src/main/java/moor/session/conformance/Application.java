package moor.session.conformance;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.Serializable;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import moor.session.Json;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.web.authentication.session.ChangeSessionIdAuthenticationStrategy;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Answers the paths of the suite. */
@RestController
public class Application {
    private record Point(int x, int y) implements Serializable {}

    private static Object nativeOf(String kind) {
        return switch (kind) {
            case "date" -> new Date(1_700_000_000_000L);
            case "bytes" -> new byte[] {0, -1, -2, -128};
            default -> new Point(1, 2);
        };
    }

    @GetMapping({"/plain", "/health"})
    Map<String, Object> plain() {
        return Map.of();
    }

    @GetMapping("/pid")
    Map<String, Object> pid() {
        return Map.of("pid", ProcessHandle.current().pid(), "name", Objects.toString(System.getenv("NAME")));
    }

    @GetMapping("/read")
    String read(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Map<String, Object> attributes = new HashMap<>();
        for (String name : session == null ? List.<String>of() : Collections.list(session.getAttributeNames())) {
            Object value = session.getAttribute(name);
            boolean isJson = value instanceof Map || value instanceof List || value instanceof Number;
            attributes.put(name, isJson || value instanceof Boolean ? value : value.toString());
        }
        return Json.write(Map.of("attributes", attributes, "new", session == null));
    }

    @PostMapping("/set")
    Map<String, Object> set(HttpSession session, @RequestParam String k, @RequestBody String body) {
        session.setAttribute(k, Json.parse(body));
        return Map.of();
    }

    @PostMapping("/delete")
    Map<String, Object> delete(HttpSession session, @RequestParam String k) {
        session.removeAttribute(k);
        return Map.of();
    }

    @PostMapping("/incr")
    Map<String, Object> increment(HttpSession session, @RequestParam String k) {
        int value = session.getAttribute(k) instanceof Integer count ? count + 1 : 1;
        session.setAttribute(k, value);
        return Map.of("value", value);
    }

    @PostMapping("/regenerate")
    Map<String, Object> regenerate(HttpServletRequest request) {
        request.getSession();
        request.changeSessionId();
        return Map.of();
    }

    /** Does the work of Spring Security's login, without a page for it. */
    @PostMapping("/login")
    Map<String, Object> login(HttpServletRequest request, HttpServletResponse response, @RequestParam String user) {
        Authentication authentication = UsernamePasswordAuthenticationToken.authenticated(user, null, List.of());
        request.getSession();
        new ChangeSessionIdAuthenticationStrategy().onAuthentication(authentication, request, response);
        new HttpSessionSecurityContextRepository().saveContext(new SecurityContextImpl(authentication), request, response);
        return Map.of();
    }

    @PostMapping("/logout")
    Map<String, Object> logout(HttpServletRequest request) {
        request.getSession().invalidate();
        return Map.of();
    }

    @PostMapping("/clear-and-set")
    Map<String, Object> clearAndSet(HttpServletRequest request, @RequestParam String k) {
        request.getSession().invalidate();
        request.getSession().setAttribute(k, true);
        return Map.of();
    }

    @PostMapping("/late")
    void late(HttpSession session, HttpServletResponse response, @RequestParam String k) throws IOException {
        response.getWriter().write("{");
        response.flushBuffer();
        session.setAttribute(k, true);
        response.getWriter().write("}");
    }

    @PostMapping("/large")
    Map<String, Object> large(HttpSession session, @RequestParam String k, @RequestParam int bytes) {
        session.setAttribute(k, "x".repeat(bytes));
        return Map.of();
    }

    @PostMapping("/native")
    Map<String, Object> setNative(HttpSession session, @RequestParam String kind) {
        session.setAttribute("native", nativeOf(kind));
        return Map.of();
    }

    @GetMapping("/native")
    Map<String, Object> getNative(HttpServletRequest request, @RequestParam String kind) {
        HttpSession session = request.getSession(false);
        Object kept = session == null ? null : session.getAttribute("native");
        return Map.of("equal", Objects.deepEquals(kept, nativeOf(kind)));
    }

    @PostMapping("/flash")
    Map<String, Object> setFlash(HttpSession session, @RequestParam String m) {
        session.setAttribute("flash", m);
        return Map.of();
    }

    @GetMapping("/flash")
    Map<String, Object> getFlash(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Map<String, Object> answer = new HashMap<>();
        answer.put("flash", session == null ? null : session.getAttribute("flash"));
        if (session != null) session.removeAttribute("flash");
        return answer;
    }
}
