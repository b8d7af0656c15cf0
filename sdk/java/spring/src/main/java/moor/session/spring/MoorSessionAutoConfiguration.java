package moor.session.spring;

import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import moor.session.Moor;
import moor.session.Settings;
import moor.session.servlet.MoorFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.session.SessionRepository;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;
import org.springframework.session.web.http.HttpSessionIdResolver;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * Keeps Spring Session's sessions in Moor, if the application has no other repository. The properties are
 * {@code moor.issuer}, {@code moor.audience}, {@code moor.url} and {@code moor.classes}, or the variables of the environment
 * with these names: see {@link Settings#from}.
 */
@AutoConfiguration(
        beforeName = {
            "org.springframework.boot.autoconfigure.session.SessionAutoConfiguration",
            "org.springframework.boot.session.autoconfigure.SessionAutoConfiguration"
        })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnMissingBean(SessionRepository.class)
@EnableSpringHttpSession
public class MoorSessionAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    Moor moor(Environment environment) {
        Map<String, String> settings = new HashMap<>();
        for (String name : new String[] {"issuer", "audience", "url", "classes"}) {
            String value = environment.getProperty("moor." + name);
            if (value != null) settings.put("MOOR_" + name.toUpperCase(Locale.ROOT), value);
        }
        return new Moor(Settings.from(settings));
    }

    /** Opens the session before Spring Session asks for it, and sends the changes after Spring Session has saved them. */
    @Bean
    FilterRegistrationBean<MoorFilter> moorFilter(Moor moor) {
        FilterRegistrationBean<MoorFilter> registration = new FilterRegistrationBean<>(new MoorFilter(moor));
        registration.setOrder(SessionRepositoryFilter.DEFAULT_ORDER - 1);
        registration.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.ERROR));
        return registration;
    }

    @Bean
    MoorSessionRepository sessionRepository() {
        return new MoorSessionRepository();
    }

    @Bean
    HttpSessionIdResolver httpSessionIdResolver() {
        return new HandoffIdResolver();
    }
}
