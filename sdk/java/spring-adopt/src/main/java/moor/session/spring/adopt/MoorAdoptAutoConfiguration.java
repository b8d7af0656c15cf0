package moor.session.spring.adopt;

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.HashMap;
import java.util.Map;
import moor.session.servlet.Adopt;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * The endpoint {@code /moor-adopt} of an application with Spring Session, by which Moor asks who a visitor is. Its property {@code
 * moor.adopt.application} is the name of the application in Moor's configuration, and switches it on. Moor's {@code MOOR_ISSUER} and {@code
 * MOOR_CONFIRM_KEYS} are the properties {@code moor.issuer} and {@code moor.confirm.keys}, or variables of the environment. {@code
 * moor.reader.issuers} or {@code MOOR_READER_ISSUERS} names further Moors that may only read.
 */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty("moor.adopt.application")
public class MoorAdoptAutoConfiguration {
    private static final Map<String, String> SETTINGS = Map.of(
            "MOOR_APPLICATION", "moor.adopt.application",
            "MOOR_ISSUER", "moor.issuer",
            "MOOR_READER_ISSUERS", "moor.reader.issuers",
            "MOOR_CONFIRM_KEYS", "moor.confirm.keys",
            "MOOR_CLASSES", "moor.classes");

    /** It stands behind Spring Session, and before Spring Security, because Moor's questions have neither a CSRF token nor a user. */
    @Bean
    FilterRegistrationBean<Filter> moorAdopt(
            SessionRepository<? extends Session> repository, ObjectProvider<AdoptUsers> users, Environment environment) {
        Map<String, String> settings = new HashMap<>();
        SETTINGS.forEach((name, property) -> settings.put(name, environment.getProperty(property)));
        Adopt adopt = new Adopt(new SpringSessions<>(repository, users.getIfAvailable(Nobody::new)), settings);
        Filter filter = (request, response, chain) ->
                adopt.answer((HttpServletRequest) request, (HttpServletResponse) response);
        FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(filter);
        registration.setName("moorAdopt");
        registration.setOrder(SessionRepositoryFilter.DEFAULT_ORDER + 1);
        registration.addUrlPatterns("/moor-adopt");
        return registration;
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(UserDetailsService.class)
    static class WithSpringSecurity {
        @Bean
        @ConditionalOnMissingBean(AdoptUsers.class)
        AdoptUsers moorAdoptUsers(ObjectProvider<UserDetailsService> details) {
            return new SecurityUsers(details);
        }
    }

    /** Without Spring Security nobody is logged in by name, and the attributes alone move. */
    private static final class Nobody implements AdoptUsers {
        @Override
        public boolean refuses(Session session) {
            return false;
        }

        @Override
        public String userOf(Session session) {
            return null;
        }
    }
}
