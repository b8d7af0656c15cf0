package moor.session.bench;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Two pages on Spring Session: its repository is Moor's, or Spring Session Data Redis if REDIS_URL is set. */
@SpringBootApplication
@RestController
public class Main {
    public static void main(String[] arguments) {
        System.setProperty("server.address", "127.0.0.1");
        System.setProperty("server.port", System.getenv("PORT"));
        String redis = System.getenv("REDIS_URL");
        if (redis != null) {
            System.setProperty("spring.data.redis.url", redis);
            System.setProperty("spring.autoconfigure.exclude", "moor.session.spring.MoorSessionAutoConfiguration");
        }
        SpringApplication.run(Main.class, arguments);
    }

    @GetMapping("/health")
    Map<String, Object> health() {
        return Map.of();
    }

    @GetMapping("/read")
    Map<String, Object> read(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        return Map.of("visits", session == null ? 0 : visitsOf(session));
    }

    @PostMapping("/incr")
    Map<String, Object> increment(HttpSession session) {
        session.setAttribute("visits", visitsOf(session) + 1);
        return Map.of("visits", visitsOf(session));
    }

    private static int visitsOf(HttpSession session) {
        return session.getAttribute("visits") instanceof Integer visits ? visits : 0;
    }
}
