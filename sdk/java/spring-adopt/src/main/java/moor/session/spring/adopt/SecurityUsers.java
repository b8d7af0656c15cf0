package moor.session.spring.adopt;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.authentication.AccountStatusException;
import org.springframework.security.authentication.AccountStatusUserDetailsChecker;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.core.userdetails.UsernameNotFoundException;
import org.springframework.session.Session;

/**
 * The users of Spring Security. A session is refused that Spring Security has marked as expired, and a user whom the application's {@link
 * UserDetailsService} does not know any more, or names as disabled, locked or expired. Passwords are not compared.
 */
final class SecurityUsers implements AdoptUsers {
    private static final String CONTEXT = "SPRING_SECURITY_CONTEXT";
    /** The mark of Spring Session's registry, by which an application ends the sessions of a user. */
    private static final String EXPIRED =
            "org.springframework.session.security.SpringSessionBackedSessionInformation.EXPIRED";

    private final ObjectProvider<UserDetailsService> details;

    SecurityUsers(ObjectProvider<UserDetailsService> details) {
        this.details = details;
    }

    @Override
    public boolean refuses(Session session) {
        if (Boolean.TRUE.equals(session.getAttribute(EXPIRED))) return true;
        // Several services without a primary one are a fault: to take none of them would adopt users who are disabled.
        UserDetailsService service = details.getIfAvailable();
        Authentication authentication = authenticationOf(session);
        if (service == null || authentication == null || !(authentication.getPrincipal() instanceof UserDetails)) return false;
        try {
            new AccountStatusUserDetailsChecker().check(service.loadUserByUsername(authentication.getName()));
            return false;
        } catch (AccountStatusException | UsernameNotFoundException refused) {
            return true;
        }
    }

    @Override
    public String userOf(Session session) {
        Authentication authentication = authenticationOf(session);
        return authentication == null ? null : authentication.getName();
    }

    private static Authentication authenticationOf(Session session) {
        Object context = session.getAttribute(CONTEXT);
        Authentication authentication = context instanceof SecurityContext known ? known.getAuthentication() : null;
        boolean isSomebody = authentication != null
                && authentication.isAuthenticated()
                && !(authentication instanceof AnonymousAuthenticationToken);
        return isSomebody ? authentication : null;
    }
}
