package shop;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseBody;

/** Spring Boot with the login page and the CSRF tokens of Spring Security. It knows nothing of Moor. */
@SpringBootApplication
@Controller
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests ->
                        requests.requestMatchers("/health").permitAll().anyRequest().authenticated())
                .formLogin(Customizer.withDefaults())
                .build();
    }

    @GetMapping("/health")
    @ResponseBody
    String health() {
        return "up";
    }

    @GetMapping(path = "/", produces = "text/html")
    @ResponseBody
    String page(HttpServletRequest request, Principal user, CsrfToken csrf, HttpSession session) {
        String page =
                """
                <p>%s is logged in at %s.</p>
                <p>%s</p>
                <form method="post" action="/words">
                <input type="hidden" name="%s" value="%s">
                <input name="words">
                </form>
                """;
        Object words = session.getAttribute("words");
        return page.formatted(user.getName(), request.getRequestURL(), words, csrf.getParameterName(), csrf.getToken());
    }

    @PostMapping("/words")
    String write(HttpSession session, @RequestParam String words) {
        session.setAttribute("words", words);
        return "redirect:/";
    }
}
