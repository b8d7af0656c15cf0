package moor.session.conformance;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;

/** The conformance application (docs/reference/drop-in.md) on Spring Boot, with Spring Session and Spring Security. */
@SpringBootApplication
public class Main {
    public static void main(String[] arguments) {
        System.setProperty("server.address", "127.0.0.1");
        System.setProperty("server.port", System.getenv("PORT"));
        // A visitor's first change may have 16 KiB of headers, and Tomcat sends 8 by default.
        System.setProperty("server.max-http-request-header-size", "64KB");
        System.setProperty("server.tomcat.max-http-response-header-size", "32KB");
        SpringApplication.run(Main.class, arguments);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .csrf(csrf -> csrf.disable())
                // The suite's own /logout does the work.
                .logout(logout -> logout.disable())
                .build();
    }
}
