# ruff: noqa: E501
"""Small words and letters by which languages that share a script are told apart; see ``language``."""

from typing import NamedTuple


class Of(NamedTuple):
    """What speaks for one language."""

    words: str
    """Parted by blanks, lower case."""
    letters: str = ""
    """Letters that hardly any other language of the script has."""


Lists = dict[str, Of]

LATIN: Lists = {
    "en": Of(
        "the a an and or but of to in on at for with from by is are was were be been it it's its this that these those "
        "you your yours i i'm i've i'd i'll my me we we're our they their them he she his her him not no can can't "
        "cannot will won't would should could may might must have has had do does did don't doesn't didn't isn't "
        "aren't if as so what when how which who whom why where there here please sorry about into than then also "
        "just only more most some any all each other another such because while until after before between through "
        "over under up down out off yes very too once first next use make get take see need want know help let's "
        "that's here's there's you're unfortunately however instead never always one two three new good like refuse decline sure request able unable note"
    ),
    "de": Of(
        "der die das den dem des ein eine einen einem einer eines und oder aber ist sind war nicht kein keine keinen "
        "ich du sie er wir ihr ihnen mir mich dir dich ihre ihren ihrem mein meine sein auf für mit von zu zum zur "
        "im in an bei nach aus über unter durch dass wenn als wie was wer warum auch nur noch schon leider bitte "
        "kann können darf muss soll wird werden wurde habe haben hat hier dort es sich diese dieser dieses dazu "
        "darauf dabei damit daher nein ja tut leid sehr mehr gern sorry falls ohne oben deshalb",
        "ß",
    ),
    "fr": Of(
        "le la les un une des du de et ou mais est sont était ne pas je tu il elle nous vous ils elles mon ma mes "
        "votre vos son sa ses ce cette ces que qui quoi dont où pour par avec sans sur sous dans en au aux plus "
        "moins très bien aussi si comme quand pourquoi être avoir peut peux pouvez dois doit cela ça c'est n'est "
        "j'ai d'un d'une qu'il l'on désolé désolée malheureusement oui non merci bonjour fait faire tout saurais aider vais refuse regrette demande"
    ),
    "es": Of(
        "el la los las un una unos unas y o pero es son era no ni yo tú usted él ella nosotros ustedes mi mis tu su "
        "sus este esta esto ese esa eso que quien cual donde para por con sin sobre en al del de más menos muy bien "
        "también si como cuando porque puede puedo debe hay está están ser estar lo se le me te nos siento sí gracias "
        "hola hacer todo qué cómo por puedes temo podré podemos niego ayudarte ayudarle ayudar ayudaré petición solicitud quiero nada mejor queda ningún basta falta hace preferiría",
        "ñ¿¡",
    ),
    "it": Of(
        "il lo la gli le un uno una dei degli delle del della dell e o ma è sono era non io tu lei lui noi voi loro "
        "mio mia suo sua questo questa quello che chi cui dove per con senza su in nel nella al alla dal di da più "
        "meno molto bene anche se come quando perché può posso deve c'è essere avere si mi ti ci vi sì no grazie "
        "dispiace purtroppo fare tutto così quindi ancora temo preferisco intendo aiutare aiutarti aiutarla aiuterò deve resta voglio richiesta spiegare farlo rifiuto finché trovare bisogna troppo altrimenti dell dell'australia capitale ordine numero qual preferirei basta quella domanda rispose"
    ),
    "pt": Of(
        "o os a as um uma uns umas e ou mas é são era não eu tu você ele ela nós vocês meu minha seu sua este esta "
        "isto esse essa isso que quem qual onde para por com sem sobre em no na nos nas ao à do da dos das de mais "
        "menos muito bem também se como quando porque pode posso deve há está estão ser estar lhe me te desculpe "
        "desculpa obrigado olá sim fazer tudo infelizmente lamento tenho recuso recusar pedido ajudar ajudá-lo quero vou escrever sinto",
        "ãõ",
    ),
    "nl": Of(
        "de het een en of maar is zijn was niet geen ik jij je u hij zij wij we jullie hun mijn uw ons dit dat deze "
        "die wat wie waar waarom hoe als dan om te van voor met zonder op in aan bij naar uit over onder door ook "
        "nog al wel er hier daar kan kunt kunnen mag moet zal wordt worden heeft hebben meer helaas graag nee ja "
        "spijt dus want wil"
    ),
    "pl": Of(
        "i w z na do nie że się jest są to jak ale czy lub oraz ja ty on ona my wy oni mnie mi cię ci go jej ich "
        "ten ta te tego tej tym który która co kto gdzie dlaczego dla od po przez przy bez pod nad o za tak mogę "
        "może można musi proszę pan pani niestety przepraszam przykro jeśli tylko już jeszcze bardzo więc jako wolę jestem odmówić zmuszona zmuszony gdy mówi "
        "odmawiam muszę",
        "łżźćńśąę",
    ),
    "tr": Of(
        "ve bir bu şu o da de ile için ama fakat ancak değil var yok mi mı mu mü ben sen biz siz onlar benim sizin "
        "size bana ne nasıl neden kim nerede gibi kadar daha çok en her olarak olan olur evet hayır lütfen maalesef "
        "üzgünüm veya ki ya hem eğer konuda özür dilerim bilgi bilgiyi soruya cevap yardım yardımcı etmek isteği isteğinizi bunu kusura bakma insanlarla metin birine hakkında üzere yoksa önce sonra etmeyi içeren içerik üzerinden çok",
        "ğış",
    ),
    "sv": Of(
        "och att det som en ett är inte jag du han hon vi ni de dem den detta dessa på för med av till från om men "
        "eller kan ska skulle måste har hade var blir blev mig dig sig min din sitt här där när hur varför tyvärr "
        "tyvärr ledsen förlåt också bara mycket utan över under efter hjälpa nej ja vill får får inga"
    ),
    "da": Of(
        "og at det som en et er ikke jeg du han hun vi i de dem den dette disse på for med af til fra om men eller "
        "kan skal skulle må har havde var bliver blev mig dig sig min din her der når hvordan hvorfor desværre "
        "beklager undskyld også kun meget uden over efter hjælpe nej ja vil får ingen kunne hvad",
    ),
    "no": Of(
        "og at det som en et er ikke jeg du han hun vi dere de dem den dette disse på for med av til fra om men eller "
        "kan skal skulle må har hadde var blir ble meg deg seg min din her der når hvordan hvorfor dessverre beklager "
        "unnskyld også bare mye uten over etter hjelpe nei ja vil får ingen kunne hva lei"
    ),
    "is": Of("og að það sem er ekki ég þú hann hún við þið þeir á með af til frá en eða get getur því miður", "þð"),
    "fi": Of(
        "ja on ei en et se että hän minä sinä me te he tämä tuo ne joka mikä kuka missä miksi miten kun jos niin "
        "mutta tai kuin myös vain hyvin ovat oli ole olen voi voin voi auttaa valitettavasti pahoittelen anteeksi "
        "sitä siinä tässä sinua teitä kanssa ilman kyllä pysty tähän tuota"
    ),
    "et": Of(
        "ja on ei see et ma sa ta me te nad mis kes kus miks kuidas kui siis aga või ka ainult väga oli olen saa "
        "saan aidata kahjuks vabandust vabandage selle sellega seda teid sind ilma jah palun", "õ",
    ),
    "hu": Of(
        "a az és hogy nem is egy van volt ez azt ezt én te ő mi ti ők de vagy mint csak már még ha meg el ki be nincs "
        "tudok tudom tud segíteni sajnos sajnálom elnézést ebben abban önnek kell lehet nagyon miért hogyan ezzel "
        "igen kérem amely szerint", "őű",
    ),
    "ro": Of(
        "și şi de la în cu pe un o este sunt nu că să se pentru din care mai dar sau ca dacă când cum unde ce eu tu el "
        "ea noi voi ei vă te îmi mi ne acest această asta acesta pot poate trebuie rău pare scuze scuzați ajuta "
        "regret foarte fără după prin da vreau această cred", "țţșăîâ",
    ),
    "cs": Of(
        "a se je na v že s z do o k i ale to jako za by si co který která jsem jste jsou není byl bylo já ty on ona my "
        "vy oni mi vám vás mě tím tom tento tato toto pro po od při bez nebo když jak kde proč také jen už ještě velmi "
        "bohužel omlouvám omlouvám prosím mohu nemohu nemůžu pomoci pomoct ano ne musím lze", "ěřů",
    ),
    "sk": Of(
        "a sa je na v že s z do o k aj ale to ako za by si čo ktorý ktorá som ste sú nie bol bolo ja ty on ona my vy "
        "oni mi vám vás ma tým tom tento táto toto pre po od pri bez alebo keď kde prečo tiež len už ešte veľmi "
        "bohužiaľ žiaľ ľutujem prepáčte prosím môžem nemôžem pomôcť áno musím", "ľĺŕôť",
    ),
    "sl": Of(
        "in je da se na v ne za so sem ste smo ni bil jaz ti on ona mi vi oni pri brez ali ko kako kje zakaj tudi samo "
        "zelo žal oprostite prosim lahko morem moram pomagati tem tega vam ker pa"
    ),
    "hr": Of(
        "i u je na da se ne za su sam ste smo nije bio ja ti on ona mi vi oni pri bez ili kad kako gdje zašto također "
        "samo vrlo nažalost žao oprostite ispričavam molim mogu moram pomoći pomoci vam s tim ovo ovaj što koji "
        "žao jest nego", "đ",
    ),
    "lt": Of(
        "ir yra ne aš tu jis ji mes jūs jie kad su į iš ar bet kaip kur kodėl taip pat tik labai deja atsiprašau "
        "negaliu galiu padėti jums tai šis ši", "ėįųū",
    ),
    "lv": Of(
        "un ir ne es tu viņš viņa mēs jūs viņi ka ar uz no vai bet kā kur kāpēc arī tikai ļoti diemžēl atvainojiet "
        "piedodiet nevaru varu palīdzēt jums tas šis šī", "āēīķļņ",
    ),
    "vi": Of(
        "và là của có không tôi bạn anh chị em cho với này đó được các những một trong ra vào khi nếu nhưng hay hoặc "
        "xin lỗi rất thể giúp vì tại sao thế nào việc", "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựơưđ",
    ),
    "id": Of(
        "dan yang di ke dari ini itu untuk dengan tidak bisa dapat saya anda kamu kami kita mereka dia adalah akan "
        "atau tetapi tapi jika karena pada dalam oleh juga sudah belum sangat maaf mohon membantu bagaimana mengapa "
        "apa siapa ada harus boleh tak minta permintaan hal tersebut memberikan menjawab"
    ),
    "tl": Of(
        "ang ng mga sa na ay at hindi ko mo ako ikaw siya kami tayo sila ito iyan iyon para kung pero dahil may wala "
        "po opo paumanhin pasensya maaari kita matulungan tulungan niyo inyo ka lang din rin"
    ),
    "sw": Of(
        "na ya wa kwa ni la za katika si hii hiyo hilo huu yako yangu mimi wewe yeye sisi nyinyi wao kama lakini au "
        "kwamba samahani pole siwezi naweza kusaidia kukusaidia ombi sana hapana ndiyo tafadhali cha"
    ),
    "ca": Of(
        "el els les i o però és són no ni jo tu ell ella nosaltres vostè meu meva aquest aquesta això que qui on per "
        "amb sense sobre en al del de més menys molt bé també si com quan perquè puc pot cal hi ha ser estar li us "
        "ho ens sento gràcies aquesta ajudar ajudar-te"
    ),
    "gl": Of("o os a as unha e ou pero é son non eu ti el ela nós meu miña isto iso que quen para por con sen sinto podo axudar"),
    "sq": Of("dhe në të për me një është nuk unë ti ai ajo ne ju ata që nga por ose si ku pse na vjen keq mund ndihmoj"),
    "eu": Of("eta da ez ni zu hau hori bat ere baina edo dut dezaket ezin lagundu barkatu sentitzen"),
    "cy": Of("yn y yr a i o ac ar nid dw ddim fi chi mae gyda mewn ond neu helpu ddrwg gen gallaf alla"),
    "ga": Of("an na agus ar i is ní mé tú sé sí leis le do go ach nó cabhrú brón orm féidir liom"),
    "af": Of("die en 'n nie ek jy hy sy ons julle hulle my jou dit dat hierdie met van vir op aan om te kan moet sal jammer help is maar"),
    "az": Of("və bir bu o ki üçün ilə amma deyil mən sən biz siz necə niyə bəli xeyr üzr istəyirəm kömək edə bilmərəm", "əı"),
    "uz": Of("va bir bu men siz biz ular uchun bilan emas lekin ham kechirasiz uzr yordam bera olmayman qila ha yo'q"),
    "so": Of("iyo waa ma aan anigu adiga ka ku u la oo in ee laakiin waxaan caawin karo raali"),
    "yo": Of("ati ni ko mo o wa fun pe ti si ran lowo ma binu jowo le", "ẹọṣ"),
    "ha": Of("da na ba ni kai ke mu ku su wannan don amma ko yi hakuri zan iya taimaka maka"),
    "zu": Of("futhi mina wena ngiyaxolisa angikwazi ukukusiza ukusiza lokho kodwa noma ngoba uxolo"),
    "eo": Of("kaj la estas ne mi vi li ŝi ni ili por kun sed aŭ ke al de povas bedaŭrinde pardonu helpi tio", "ĉĝĥĵŝŭ"),
}  # fmt: skip

CYRILLIC: Lists = {
    "ru": Of(
        "и в не на я что с он как это по но она к у вы за от так же бы мы ты из мне меня для если его её их вам вас "
        "или уже только чтобы где почему когда нет да есть был быть может можно нельзя очень мой этот могу извините простите помочь сожалению буду этим ваш вашу просьбу объяснять сказал находится сначала хочу должен этого чем жаль вправе", "ыэё",
    ),
    "uk": Of(
        "і й в у не на я що з він як це по але вона до ви за від так же би ми ти мені мене для якщо його її їх вам вас "
        "або вже тільки щоб де чому коли ні так є був бути може можна дуже вибачте жаль можу допомогти цим", "іїєґ",
    ),
    "be": Of("і ў не на я што з ён як гэта па але яна да вы за ад так мы ты мне для калі яго яе або прабачце магу", "ў"),
    "bg": Of(
        "и в не на аз че с той как това по но тя към вие за от така би ние ти ми мен ако го я ги или вече само къде "
        "защо кога да има е са съм беше може много съжалявам мога помогна ви със извинете", "",
    ),
    "sr": Of(
        "и у не на ја да са он како ово по али она ка ви за од тако би ми ти ако га је их или већ само где зашто када "
        "има су сам сте био може много жао нажалост могу помоћи вам тиме извините", "ђћљњџј",
    ),
    "mk": Of("и во не на јас дека со тој како ова по но таа кон вие за од би ние ако го ја ги или веќе каде зошто кога има е се сум може многу жал можам помогнам", "ѓќѕ"),
    "kk": Of("және мен бір бұл ол үшін емес бірақ сіз біз жоқ иә кешіріңіз көмектесе алмаймын қалай неге", "әғқңөұүһі"),
}  # fmt: skip
ARABIC: Lists = {
    "ar": Of("في من على إلى لا ما هذا هذه ذلك التي الذي أن إن أو و كان عن مع هل لم لن قد هو هي أنا أنت نحن", "ةأإىؤ"),
    "fa": Of(
        "در از به را که این آن با برای است نیست می نمی من شما ما او یا اگر هم چه چرا متاسفم متأسفم ببخشید", "پچژگیک"
    ),
    "ur": Of("میں نے کے کی کا سے ہے ہیں نہیں کو اور پر یہ وہ آپ ہم معذرت معاف", "ٹڈڑےںہ"),
}
DEVANAGARI: Lists = {
    "hi": Of("है हैं और का की के में को से नहीं यह वह मैं आप हम पर कि भी तो या अगर कर था हो मुझे क्या लिए इस"),
    "mr": Of("आहे आहेत आणि नाही मी तुम्ही आपण हे ते या तर किंवा मला काय माफ करा शकत मदत", "ळ"),
    "ne": Of("छ छन् र हो होइन म तपाईं यो त्यो मा को लाई सक्दिन माफ गर्नुहोस् मद्दत गर्न छैन"),
}
BY_SCRIPT: dict[str, Lists] = {"latin": LATIN, "cyrillic": CYRILLIC, "arabic": ARABIC, "devanagari": DEVANAGARI}
NAMES = {
    "sv": "Swedish", "da": "Danish", "no": "Norwegian", "is": "Icelandic", "fi": "Finnish", "et": "Estonian",
    "hu": "Hungarian", "ro": "Romanian", "cs": "Czech", "sk": "Slovak", "sl": "Slovene", "hr": "Croatian",
    "lt": "Lithuanian", "lv": "Latvian", "vi": "Vietnamese", "id": "Indonesian", "tl": "Tagalog", "sw": "Swahili",
    "ca": "Catalan", "gl": "Galician", "sq": "Albanian", "eu": "Basque", "cy": "Welsh", "ga": "Irish",
    "af": "Afrikaans", "az": "Azerbaijani", "uz": "Uzbek", "so": "Somali", "yo": "Yoruba", "ha": "Hausa", "zu": "Zulu",
    "eo": "Esperanto", "uk": "Ukrainian", "be": "Belarusian", "bg": "Bulgarian", "sr": "Serbian", "mk": "Macedonian",
    "kk": "Kazakh", "fa": "Persian", "ur": "Urdu", "mr": "Marathi", "ne": "Nepali", "el": "Greek", "he": "Hebrew",
    "th": "Thai", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "ka": "Georgian", "hy": "Armenian",
    "yue": "Cantonese",
}  # fmt: skip
"""What languages that are told apart are called."""
