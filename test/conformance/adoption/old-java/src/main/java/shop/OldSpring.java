package shop;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import moor.session.Json;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.context.HttpSessionSecurityContextRepository;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** A shop on Spring Boot and Spring Security, whose sessions Spring Session keeps in Redis. */
@SpringBootApplication
@RestController
public class OldSpring {
    private final Set<String> disabled = ConcurrentHashMap.newKeySet();

    public static void main(String[] arguments) {
        System.setProperty("server.address", "127.0.0.1");
        System.setProperty("server.port", System.getenv("PORT"));
        System.setProperty("moor.adopt.application", "app");
        SpringApplication.run(OldSpring.class, arguments);
    }

    /** The shop's own pages have tokens against forged requests, as Spring Security has by default. */
    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll()).build();
    }

    @Bean
    UserDetailsService users() {
        return this::user;
    }

    /** Another place of users, for example for a second login. Neither place is the primary one. */
    @Bean
    @ConditionalOnProperty("shop.others")
    UserDetailsService others() {
        return this::user;
    }

    private UserDetails user(String name) {
        return User.withUsername(name).password("{noop}secret").disabled(disabled.contains(name)).build();
    }

    /** Does the work of Spring Security's login, without a page for it. */
    @GetMapping("/login")
    String login(HttpServletRequest request, HttpServletResponse response, @RequestParam("user") String name) {
        UserDetails user = user(name);
        Authentication authentication = UsernamePasswordAuthenticationToken.authenticated(user, null, user.getAuthorities());
        request.getSession().setAttribute("basket", new LinkedHashMap<>(Map.of("apples", 2)));
        new HttpSessionSecurityContextRepository().saveContext(new SecurityContextImpl(authentication), request, response);
        return "{}";
    }

    @GetMapping("/disable")
    String disable(@RequestParam("user") String name) {
        disabled.add(name);
        return "{}";
    }

    @GetMapping("/logout")
    String logout(HttpSession session) {
        session.invalidate();
        return "{}";
    }

    @GetMapping({"/", "/only-old/"})
    String show(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("server", "old");
        page.put("user", request.getRemoteUser());
        page.put("basket", session == null ? null : session.getAttribute("basket"));
        return Json.write(page);
    }
}
